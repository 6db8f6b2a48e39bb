import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// Every page is an entry of its own; what they load lies beside them, whatever folder they are served under.
export default defineConfig({
  base: './',
  plugins: [react()],
  build: {
    rolldownOptions: { input: { graphiql: 'graphiql.html', screen: 'screen.html' } },
    chunkSizeWarningLimit: 10_000,
  },
});
