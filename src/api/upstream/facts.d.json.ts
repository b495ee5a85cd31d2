/** Gives `facts.json` its type without the compiler inferring one from half a megabyte of literal. */
import type { Facts } from '../../machinery/mod.ts';

declare const facts: Facts;
export = facts;
