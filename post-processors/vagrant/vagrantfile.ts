/** The Vagrantfile of a box: the provider's part, then what the template adds. */
export function vagrantfile(provider: string, custom: string): string {
  return `
# What follows comes from the vagrant post-processor.
${provider}
# What follows, if anything, comes from the template (vagrantfile_template).
${custom}`;
}
