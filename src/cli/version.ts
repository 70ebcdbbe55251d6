/** kiln's own version; a test holds it equal to package.json. */
export const KILN_VERSION = '0.1.0';
