package control

import "strings"

// Reads are the Actions that change nothing: the rights of a plan.
func (i Info) Reads() []string {
	var out []string
	for _, action := range i.Actions {
		if Reading(action) {
			out = append(out, action)
		}
	}
	return out
}

// Reading tells IAM actions and operations that change nothing, by their names.
// AWS names nearly all of them by a few verbs; the table has the others.
func Reading(action string) bool {
	operation := action[strings.Index(action, ":")+1:]
	for _, verb := range []string{"Get", "List", "Describe", "Head", "BatchGet", "Lookup"} {
		if strings.HasPrefix(operation, verb) {
			return true
		}
	}
	switch operation {
	case "GenerateCredentialReport", // the report that GetCredentialReport then returns
		"SimulatePrincipalPolicy", // what somebody may, by the policies that are there
		"GET":                     // of API Gateway
		return true
	}
	return false
}
