export { extractDescriptions, descriptionsFile, readDescriptions, type DescribedTypes } from './descriptions.ts';
