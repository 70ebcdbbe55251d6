/** What `-with-annotations` explains above the first block of a kind. */
export const ANNOTATIONS = {
  file: [
    'Made from a JSON template by kiln hcl2_upgrade. Read it through before you rely on it.',
    'Blocks may be moved to other files of the same folder whose names end in .pkr.hcl, e.g. variables.pkr.hcl;',
    'kiln and Packer then take the folder as the template.',
    'Calls in {{ }} are rendered by plugins, after HCL has evaluated its own ${ }: do not nest one in the other.',
  ].join('\n'),
  packer: 'Which Packer, and which plugins, the template needs. kiln init checks the plugins.',
  variable: 'Values that are given from outside: -var, -var-file or PKR_VAR_name. JSON templates know only strings.',
  data: 'Data sources are read before the build begins; on validate their values are not known.',
  timestamp: 'In HCL2 timestamp() is a date in RFC 3339; this leaves its digits.',
  local: 'Variables of the JSON template whose defaults are computed. They cannot be set from outside.',
  source: 'What an image is built from. A build block refers to them by TYPE.NAME.',
  build: 'What is done to the sources.',
} as const;
