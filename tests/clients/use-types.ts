// What an app does with the generated types: compiled strictly, never run.
import type { ResultOf, VariablesOf } from '@graphql-typed-document-node/core';
import { AssessEligibilityDocument, DivisionsDocument, FollowChangesDocument } from './graphql';

export const household: VariablesOf<typeof AssessEligibilityDocument> = {
  input: { division: '430199', members: [{ age: 35, wageIncome: '2500.00' }, { age: 8 }] },
};

export function amount(result: ResultOf<typeof AssessEligibilityDocument>): string {
  return result.assessEligibility.monthlyAmount;
}

export function names(result: ResultOf<typeof DivisionsDocument>): string[] {
  return result.divisions.edges.map((edge) => edge.node.name);
}

export function kind(result: ResultOf<typeof FollowChangesDocument>): 'CREATED' | 'CHANGED' | 'VOIDED' {
  return result.changes.kind;
}
