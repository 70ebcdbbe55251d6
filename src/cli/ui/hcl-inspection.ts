import type { BuildSection, Sections } from '../../template/hcl/inspect-sections.ts';

/** The sections of an HCL2 template, laid out like Packer's. */
export function hclInspection({ variables, locals, builds }: Sections): string {
  const values = (root: string, list: Sections['variables']): string =>
    list.map(({ name, value }) => `${root}.${name}: ${value}\n`).join('');
  return [
    '> input-variables:\n',
    values('var', variables),
    '> local-variables:\n',
    values('local', locals),
    '> builds:\n',
    ...builds.map((build, index) => buildText(build, index)),
  ]
    .filter(part => part !== '')
    .join('\n');
}

function buildText(build: BuildSection, index: number): string {
  const section = (title: string, lines: readonly string[]): string =>
    `    ${title}:\n\n${lines.length > 0 ? lines.map(line => `      ${line}\n`).join('') : `      <no ${title.slice(0, -1)}>\n`}`;
  return [
    `  > ${build.name === '' ? `<unnamed build ${index}>` : build.name}:\n`,
    ...(build.description ? [`    > Description: ${build.description.replaceAll('\n', '\n      ')}\n`] : []),
    section('sources', build.sources),
    section('provisioners', build.provisioners),
    section(
      'post-processors',
      build.postProcessors.flatMap((sequence, at) => [`${at}:`, ...sequence.map(one => `  ${one}`)]),
    ),
  ].join('\n');
}
