import type { DataSources } from '../template/hcl/data.ts';

/** What reading data sources needs from a command. */
export interface DataSourceUse {
  /** Gives the embedded EC2, when the command runs on it. */
  readonly local?: () => Promise<unknown>;
  /** Told what must not be printed. */
  readonly secret?: (value: string) => void;
}

/** All data sources that are built in. Nothing is loaded before a template names one. */
export function dataSources({ local, secret }: DataSourceUse = {}): DataSources {
  const reach = {
    local: local !== undefined,
    secret: secret ?? (() => {}),
    ready: async () => {
      await local?.();
    },
  };
  return {
    'amazon-ami': { load: async () => (await import('../aws/data-sources/ami.ts')).amazonAmi(reach) },
    'amazon-parameterstore': {
      load: async () => (await import('../aws/data-sources/parameter-store.ts')).amazonParameterStore(reach),
    },
    'amazon-secretsmanager': {
      load: async () => (await import('../aws/data-sources/secrets-manager.ts')).amazonSecretsManager(reach),
    },
    http: { load: async () => (await import('../template/hcl/datasources/http.ts')).httpDataSource },
    null: { load: async () => (await import('../template/hcl/datasources/null.ts')).nullDataSource },
  };
}
