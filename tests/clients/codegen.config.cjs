// Types of the schema and of the project's documents, as an app in TypeScript generates them.
module.exports = {
  schema: '../../schema.graphql',
  documents: ['../../api/documents/*.graphql'],
  generates: {
    [`${process.env.GENERATED}/graphql.ts`]: {
      plugins: ['typescript-operations', 'typed-document-node'],
      config: {
        strictScalars: true,
        enumsAsTypes: true,
        scalars: {
          Date: 'string',
          DateTime: 'string',
          Decimal: 'string',
          DivisionCode: 'string',
          Long: 'string',
          JSON: 'unknown',
          Money: 'string',
        },
      },
    },
  },
};
