// Parameters from queries, headers and paths: text to values, with errors that say which, expected and got.
import { ApiError, invalid } from './api-error.ts';

/** An inclusive range; for texts it counts characters. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

const characterSegments = new Intl.Segmenter();

/** `text` if its length is in range; throws 400 naming the parameter. */
export function parseText(name: string, text: string, { min, max }: Range): string {
  // Characters as people count them, as the shapes of bodies do.
  const characters = text.length > max ? Array.from(characterSegments.segment(text)).length : text.length;
  if (characters < min || characters > max) throw invalid(`${name}: expected ${min} to ${max} characters, got ${characters}.`);
  return text;
}

/** The integer that `text` is in decimal; throws 400 naming the parameter. */
export function parseInteger(name: string, text: string, { min, max }: Range): number {
  const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) throw invalid(`${name}: expected an integer from ${min} to ${max}, got ${quoted(text)}.`);
  return value;
}

/** The member of `choices` that `text` is, in any case; throws 400 naming the parameter. */
export function parseChoice<Choice extends string>(name: string, text: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((candidate) => candidate === text.toUpperCase());
  if (choice === undefined) throw invalid(`${name}: expected one of ${choices.join(', ')}, got ${quoted(text)}.`);
  return choice;
}

/** A required parameter was not given. */
export function missing(name: string): ApiError {
  return new ApiError('MissingParameter', `${name}: required, but not given.`);
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}
