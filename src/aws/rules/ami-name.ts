const ALLOWED = /[A-Za-z0-9()[\] ./\-'@_]/;

/** Packer's clean_resource_name: every byte that EC2 does not take in a name becomes a dash. */
export function cleanResourceName(name: string): string {
  let cleaned = '';
  for (const character of name)
    cleaned += ALLOWED.test(character) ? character : '-'.repeat(Buffer.byteLength(character));
  return cleaned;
}

/** What is wrong with an image name, and what would be right; undefined when it will do. Lengths count bytes. */
export function amiNameProblem(name: string): { readonly message: string; readonly hint: string } | undefined {
  const length = Buffer.byteLength(name);
  if (length < 3 || length > 128) {
    return {
      message: `ami_name "${name}" has ${length} bytes; EC2 wants 3 to 128`,
      hint: length < 3 ? 'give it a longer name' : 'give it a shorter name',
    };
  }
  const cleaned = cleanResourceName(name);
  if (cleaned === name) return undefined;
  const bad = [...new Set([...name].filter(character => !ALLOWED.test(character)))].map(one => `"${one}"`);
  return {
    message: `ami_name "${name}" has characters that EC2 does not take: ${bad.join(' ')}`,
    hint: `"${cleaned}" would do; {{ clean_resource_name \`...\` }} makes it so`,
  };
}
