/** The audit trail (R42): appended to as a chain per business, verified link by link, values sealed beside it. */
export { appendAudit, appendAudits, type AuditChain, type AuditLine } from './append.ts';
export { INSTALLATION_CHAIN, type AuditValues } from './links.ts';
export { openValues, sealValues, type OpenedValues, type SealedValues } from './values.ts';
