package gate

import "github.com/salve-security/salve/internal/names"

// button is the id of the custom action that was clicked; empty where none of ours was.
func (in Input) button() string {
	if in.Trigger != Click {
		return ""
	}
	id, _ := names.ActionOf(in.Action, in.ActionArn)
	return id
}

// aside tells that the answer goes to who clicked and leaves the finding's status: a note harms none.
func (in Input) aside() bool {
	button := in.button()
	return button == names.ActionPlan || button == names.ActionUndo
}

// byButton is what the buttons beside Remediate make of what Remediate may do. A plan touches nothing, so every mode
// but off shows it. To take something back is to act, and a click carries no name that an approval could rest on.
func byButton(in Input, d Decision) Decision {
	button := in.button()
	switch {
	case button == names.ActionPlan && (d.Verdict == Act || d.Verdict == Ask || d.Reason == NeverAutomatic):
		return Decision{Verdict: Preview, Reason: Allowed}
	case button == names.ActionUndo && d.Verdict == Ask:
		return refuse(NeedsName)
	case button == names.ActionUndo && d.Verdict == Preview:
		return refuse(d.Reason)
	}
	return d
}
