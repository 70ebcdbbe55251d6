/** The SDK's credential providers, loaded only when credentials are neither in the template nor in the environment. */
export { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
