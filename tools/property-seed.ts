/** Loaded before a test file with properties: the same cases in every run of everything. */
import fc from 'fast-check';

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 20_260 });
