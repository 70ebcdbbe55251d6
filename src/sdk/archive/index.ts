/** Archives and compressed streams: sources of bytes, containers, compressors, and writing them to a file. */
export { bgzf } from './bgzf.ts';
export { gzip } from './gzip.ts';
export { type Bytes, type Entry, fileBytes, inputStats, type ReadOptions } from './source.ts';
export { tar } from './tar.ts';
export { findTool, throughTool } from './tool.ts';
export { writeAll } from './write.ts';
export { zip } from './zip.ts';
