/** Actions on images. */
import type { Action } from '../action.ts';
import { describeImageAttribute, modifyImageAttribute, resetImageAttribute } from './attributes.ts';
import { copyImage } from './copy.ts';
import { createImage } from './create.ts';
import { describeImages } from './describe.ts';
import { deprecationActions, deregisterImage, registerImage } from './register.ts';

export const imageActions: Readonly<Record<string, Action>> = {
  DescribeImages: describeImages,
  CreateImage: createImage,
  RegisterImage: registerImage,
  CopyImage: copyImage,
  DeregisterImage: deregisterImage,
  ModifyImageAttribute: modifyImageAttribute,
  DescribeImageAttribute: describeImageAttribute,
  ResetImageAttribute: resetImageAttribute,
  ...deprecationActions,
};
