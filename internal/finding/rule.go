package finding

import "regexp"

// ruleType is what Security Hub calls a rule of AWS Config among what a finding is related to.
const ruleType = "AWS::Config::ConfigRule"

// serviceRule is what Security Hub calls the rules that it keeps in an account: what they are copies of, and an end of
// the account's own. AWS takes 128 characters.
var serviceRule = regexp.MustCompile(`^securityhub-[a-z0-9][a-z0-9-]{0,100}-[a-z0-9]{4,14}$`)

// configRule is the rule of AWS Config that a finding says it comes from, where that has the form of one of Security
// Hub's own; "" otherwise. It is a hint and no more: who wants to use it asks AWS Config whose rule that is.
func (r Raw) configRule() string {
	if r.ProductFields["RelatedAWSResources:0/type"] != ruleType {
		return ""
	}
	if rule := r.ProductFields["RelatedAWSResources:0/name"]; serviceRule.MatchString(rule) {
		return rule
	}
	return ""
}
