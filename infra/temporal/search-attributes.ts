import { defineSearchAttributeKey } from '@temporalio/common';

/**
 * Search attributes by which an admin finds workflows in the Temporal Web UI. They hold ids and words of this product,
 * never anything personal.
 */
export const SEARCH_ATTRIBUTES = {
  BooksySyncBusiness: 'Keyword',
  BooksySyncKind: 'Keyword',
  BooksySyncPhase: 'Keyword',
} as const;

export const businessAttribute = defineSearchAttributeKey('BooksySyncBusiness', 'KEYWORD');
export const kindAttribute = defineSearchAttributeKey('BooksySyncKind', 'KEYWORD');
export const phaseAttribute = defineSearchAttributeKey('BooksySyncPhase', 'KEYWORD');
