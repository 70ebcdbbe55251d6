import type { BodySchema } from './content.ts';

/** The top level of a template. */
export const ROOT: BodySchema = {
  attributes: [],
  blocks: {
    packer: [],
    variable: ['name'],
    variables: [],
    local: ['name'],
    locals: [],
    source: ['type', 'name'],
    data: ['type', 'name'],
    build: [],
    hcp_packer_registry: [],
    communicator: ['type', 'name'],
  },
};

export const PACKER: BodySchema = { attributes: ['required_version'], blocks: { required_plugins: [] } };

export const VARIABLE: BodySchema = {
  attributes: ['type', 'default', 'description', 'sensitive', 'ephemeral'],
  blocks: { validation: [] },
};

export const VALIDATION: BodySchema = { attributes: ['condition', 'error_message'], blocks: {} };

export const LOCAL: BodySchema = { attributes: ['expression', 'sensitive'], blocks: {} };

export const REGISTRY: BodySchema = {
  attributes: ['bucket_name', 'description', 'bucket_labels', 'labels', 'build_labels', 'channels'],
  blocks: {},
};

export const BUILD: BodySchema = {
  attributes: ['name', 'description', 'sources'],
  blocks: {
    source: ['reference'],
    provisioner: ['type'],
    'error-cleanup-provisioner': ['type'],
    'post-processor': ['type'],
    'post-processors': [],
    hcp_packer_registry: [],
    dynamic: ['type'],
  },
};

export const SEQUENCE: BodySchema = { attributes: [], blocks: { 'post-processor': ['type'], dynamic: ['type'] } };
