// Small behaviours of the design system. Every page works without them where it is a form.
"use strict";
