package names

import "strings"

// Ids of the custom actions: the buttons that people have in Security Hub's console.
const (
	ActionRemediate = "SalveRemediate"
	ActionPlan      = "SalvePlan"
	ActionUndo      = "SalveUndo"
)

// Action is a custom action of Security Hub: a button on findings.
type Action struct {
	ID          string // alphanumeric, at most 20 characters
	Name        string // what people read on the button, at most 20 characters
	Description string // what Security Hub shows beside it
}

// Actions are all of them. deploy/hub.yaml creates them under these names.
// Source: Security Hub API reference, CreateActionTarget.
func Actions() []Action {
	return []Action{
		{ID: ActionRemediate, Name: "Remediate", Description: "Fix the selected findings with Salve"},
		{ID: ActionPlan, Name: "Salve: plan", Description: "Write into the note what Salve would change"},
		{ID: ActionUndo, Name: "Salve: undo", Description: "Take back Salve's last fix of the selected findings"},
	}
}

// ActionOf is the id of the custom action of an ARN, if it is one of ours: beside the one whose ARN is known, in the
// same account and Region.
func ActionOf(arn, known string) (string, bool) {
	place, _, isAction := cutLast(known, "/")
	where, id, _ := cutLast(arn, "/")
	if !isAction || where != place {
		return "", false
	}
	for _, a := range Actions() {
		if a.ID == id {
			return id, true
		}
	}
	return "", false
}

// ActionARN is the ARN of an action beside the one whose ARN is known.
func ActionARN(known, id string) string {
	place, _, _ := cutLast(known, "/")
	return place + "/" + id
}

func cutLast(text, sep string) (before, after string, found bool) {
	at := strings.LastIndex(text, sep)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+len(sep):], true
}
