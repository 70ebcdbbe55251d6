/** Values of the source image that provisioners and post-processors may use (reference: name-rules.md). */
export const SOURCE_DATA = [
  'SourceAMIName',
  'BuildRegion',
  'SourceAMI',
  'SourceAMICreationDate',
  'SourceAMIOwner',
  'SourceAMIOwnerName',
] as const;
