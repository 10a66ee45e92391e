import { createRouter, createWebHashHistory } from 'vue-router';

/** Hash history: links work under the desktop's app scheme, over http and after a reload. A view keeps its state in the query. */
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', name: 'home', component: () => import('../views/HomeView.vue'), meta: { title: 'Home' } },
    { path: '/new', name: 'new', component: () => import('../views/NewStudyView.vue'), meta: { title: 'New study' } },
    { path: '/study/:id', name: 'study', component: () => import('../views/StudyView.vue'), props: true, meta: { title: 'Study' } },
    { path: '/study/:id/leaderboard', name: 'study-leaderboard', component: () => import('../views/LeaderboardView.vue'), props: (route) => ({ study: String(route.params['id']) }), meta: { title: 'Leaderboard' } },
    { path: '/leaderboard', name: 'leaderboard', component: () => import('../views/LeaderboardView.vue'), meta: { title: 'Leaderboard' } },
    { path: '/compare', name: 'compare', component: () => import('../views/CompareView.vue'), meta: { title: 'Compare' } },
    { path: '/trial/:id', name: 'trial', component: () => import('../views/TrialView.vue'), props: true, meta: { title: 'Trial' } },
    { path: '/data', name: 'data', component: () => import('../views/DataView.vue'), meta: { title: 'Data' } },
    { path: '/methods/:id?', name: 'methods', component: () => import('../views/MethodsView.vue'), props: (route) => (typeof route.params['id'] === 'string' && route.params['id'] !== '' ? { id: route.params['id'] } : {}), meta: { title: 'Methods' } },
    { path: '/doctor', name: 'doctor', component: () => import('../views/DoctorView.vue'), meta: { title: 'Doctor' } },
    { path: '/:rest(.*)*', name: 'not-found', component: () => import('../views/NotFoundView.vue'), meta: { title: 'Not found' } },
  ],
});

router.afterEach((to) => {
  document.title = `${String(to.meta['title'] ?? '')} · Touchstone`;
});
