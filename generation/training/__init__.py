"""Training of Colophon-Mini, the text-to-image model that ships with the service. Imports no Django."""
