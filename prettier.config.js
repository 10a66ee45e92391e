/** One formatter for everything that people write by hand; `npm run lint` checks it, `npm run format` applies it. */
export default { printWidth: 120, singleQuote: true };
