/** Forms of a KMS key that EC2 takes: key id, multi-region key id, alias, or the ARN of one of them. */
const FORMS: readonly RegExp[] = [
  /^[a-f0-9][a-f0-9-]+$/,
  /^mrk-[a-f0-9][a-f0-9-]+$/,
  /^alias\/[a-zA-Z0-9:/_-]+$/,
  /^arn:aws(-[a-z]{2}(-gov)?)?:kms:([a-z]{2}-(gov-)?[a-z]+-\d{1})?:(\d{12}):(key\/[a-f0-9][a-f0-9-]+|key\/mrk-[a-f0-9][a-f0-9-]+|alias\/[a-zA-Z0-9:/_-]+)$/,
];

export function isKmsKey(text: string): boolean {
  return FORMS.some(form => form.test(text));
}

export const KMS_HINT = 'write a key id, alias/NAME, or the ARN of a key or alias';
