/** Where Apicurio 3.3.3 does not do what Confluent's registry does: by the name of a test in the contract suite, the reason. */
export const apicurioDeviations: Readonly<Record<string, string>> = {
  'tells apart what differs in documentation only':
    'Apicurio: what differs in documentation is the same schema',
  'says why a schema may not follow': 'Apicurio: a verdict has no messages, not even with verbose=true',
  'registers nothing nowhere': 'Apicurio: an empty text is registered',
  ...Object.fromEntries(
    ['no JSON', 'no schema', 'nothing', 'an unknown type', 'an invalid default'].map((what) => [
      `does not compare ${what} with nothing`,
      'Apicurio: without a subject it answers 404 before it looks at the schema',
    ]),
  ),
  'judges each version with its own version of a reference':
    'Apicurio: judges by the text alone when a reference changes',
};
