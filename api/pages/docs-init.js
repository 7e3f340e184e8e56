// Starts the documentation page. A file of its own because the page's policy allows no inline script.
window.addEventListener('load', () => {
  window.SwaggerUIBundle({
    url: '/api/openapi.json',
    dom_id: '#docs',
    deepLinking: true,
    docExpansion: 'list',
    defaultModelsExpandDepth: 0,
    // Nothing of a token stays in the browser after the page is closed.
    persistAuthorization: false,
    // No validator of somebody else is asked about our document.
    validatorUrl: null,
  });
});
