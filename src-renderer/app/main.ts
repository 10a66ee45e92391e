import { createPinia } from 'pinia';
import { createApp } from 'vue';
import './tokens.css';
import './base.css';
import './ui.css';
import App from './App.vue';
import { router } from './router.ts';
import { useClient } from '../stores/client.ts';
import { useSettings } from '../stores/settings.ts';
import { connect } from '../transport/connect.ts';

const app = createApp(App).use(createPinia());
useSettings();
useClient().start(await connect());
app.use(router).mount('#app');
