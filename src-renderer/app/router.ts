import { createRouter, createWebHashHistory } from 'vue-router';
import { whenIdle } from '../charts/after-paint.ts';
import HomeView from '../views/HomeView.vue';

/**
 * Each view's code comes when it is first opened, or before, when the window has nothing to do. Home, where most begin,
 * is there from the start.
 */
const VIEWS = {
  study: () => import('../views/StudyView.vue'),
  leaderboard: () => import('../views/LeaderboardView.vue'),
  newStudy: () => import('../views/NewStudyView.vue'),
  methods: () => import('../views/MethodsView.vue'),
  data: () => import('../views/DataView.vue'),
  trial: () => import('../views/TrialView.vue'),
  compare: () => import('../views/CompareView.vue'),
  merge: () => import('../views/MergeView.vue'),
  ensemble: () => import('../views/EnsembleView.vue'),
  doctor: () => import('../views/DoctorView.vue'),
  notFound: () => import('../views/NotFoundView.vue'),
};

/**
 * Hash history: links work under the desktop's app scheme, over http and after a reload. A view keeps its state in the
 * query.
 */
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', name: 'home', component: HomeView, meta: { title: 'Home' } },
    { path: '/new', name: 'new', component: VIEWS.newStudy, meta: { title: 'New study' } },
    { path: '/study/:id', name: 'study', component: VIEWS.study, props: true, meta: { title: 'Study' } },
    {
      path: '/study/:id/leaderboard',
      name: 'study-leaderboard',
      component: VIEWS.leaderboard,
      props: (route) => ({ study: String(route.params['id']) }),
      meta: { title: 'Leaderboard' },
    },
    { path: '/leaderboard', name: 'leaderboard', component: VIEWS.leaderboard, meta: { title: 'Leaderboard' } },
    { path: '/compare', name: 'compare', component: VIEWS.compare, meta: { title: 'Compare' } },
    { path: '/trial/:id', name: 'trial', component: VIEWS.trial, props: true, meta: { title: 'Trial' } },
    { path: '/data', name: 'data', component: VIEWS.data, meta: { title: 'Data' } },
    {
      path: '/methods/:id?',
      name: 'methods',
      component: VIEWS.methods,
      props: (route) =>
        typeof route.params['id'] === 'string' && route.params['id'] !== '' ? { id: route.params['id'] } : {},
      meta: { title: 'Methods' },
    },
    { path: '/ensemble', name: 'ensemble', component: VIEWS.ensemble, meta: { title: 'Ensemble' } },
    { path: '/merge', name: 'merge', component: VIEWS.merge, meta: { title: 'Merge' } },
    { path: '/doctor', name: 'doctor', component: VIEWS.doctor, meta: { title: 'Doctor' } },
    { path: '/:rest(.*)*', name: 'not-found', component: VIEWS.notFound, meta: { title: 'Not found' } },
  ],
});

router.afterEach((to, from) => {
  // A change of the view's state is no new view: it keeps the title that it has given itself.
  if (to.path !== from.path || from.name === undefined)
    document.title = `${String(to.meta['title'] ?? '')} · Touchstone`;
});

/**
 * Fetches the views one by one while the window is idle, so that the first click on each is answered as fast as the
 * next ones.
 */
export async function preloadViews(): Promise<void> {
  for (const load of Object.values(VIEWS)) {
    await whenIdle();
    // What cannot be had now is asked for again, and its failure told, when it is opened.
    await load().catch(() => undefined);
  }
}
