package stack

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/salve-security/salve/internal/fault"
)

// condition is what a status means for somebody who wants to change the stack. The set is closed.
type condition string

const (
	absent    condition = ""
	unborn    condition = "unborn"    // a change set was made, and never carried out: it holds nothing
	ready     condition = "ready"     // it can be updated
	stillborn condition = "stillborn" // its creation was taken back: it holds nothing, and can only be deleted
	stuck     condition = "stuck"     // an update was not taken back whole: that has to be gone on with
	busy      condition = "busy"      // somebody's operation is under way
	broken    condition = "broken"    // only a person can tell what to do
)

func conditionOf(status types.StackStatus) condition {
	switch status { //nolint:exhaustive // the others are told by how they end
	case "", types.StackStatusDeleteComplete:
		return absent
	case types.StackStatusReviewInProgress:
		return unborn
	case types.StackStatusRollbackComplete:
		return stillborn
	case types.StackStatusUpdateRollbackFailed:
		return stuck
	case types.StackStatusCreateComplete, types.StackStatusUpdateComplete, types.StackStatusUpdateRollbackComplete,
		types.StackStatusImportComplete, types.StackStatusImportRollbackComplete:
		return ready
	}
	if strings.HasSuffix(string(status), "_IN_PROGRESS") {
		return busy
	}
	return broken
}

// found says in a sentence what a run comes upon, where that is not what it hopes for.
func (s State) found() string {
	switch conditionOf(s.Status) {
	case unborn:
		return "an earlier run made a change set and did not carry it out; nothing was made, and it is begun anew"
	case stillborn:
		return "an earlier creation failed and was taken back: the stack holds nothing and is deleted first"
	case stuck:
		return "an update failed and so did taking it back (" + string(s.Status) + "): that is gone on with first"
	case busy:
		return "an operation is under way (" + string(s.Status) + ")"
	case broken:
		return "it is in " + string(s.Status)
	case absent, ready:
	}
	return ""
}

// mend refuses what only a person can put right, in a sentence that says how.
func (d Driver) mend(ctx context.Context, s State) error {
	fix := map[types.StackStatus]string{
		types.StackStatusRollbackFailed: "its creation failed and could not be taken back: mend the cause, delete what is " +
			"left with aws cloudformation delete-stack --stack-name " + s.Name + ", and run this again",
		types.StackStatusCreateFailed: "its creation failed, and what was made was kept: delete it with " +
			"aws cloudformation delete-stack --stack-name " + s.Name + ", and run this again",
		types.StackStatusDeleteFailed: "its deletion was begun and failed: mend the cause and end it with salve destroy, " +
			"or with aws cloudformation delete-stack --stack-name " + s.Name + "; then run this again",
		types.StackStatusUpdateFailed: "an update failed and was not taken back: take it back with " +
			"aws cloudformation rollback-stack --stack-name " + s.Name + ", and run this again",
	}[s.Status]
	if fix == "" {
		fix = "bring it to an end in the console of CloudFormation, and run this again"
	}
	return fault.New(fault.Refused, "stack %s is in %s: %s%s", s.Name, s.Status, fix, d.because(ctx, s))
}

// because is why the last operation failed, as far as CloudFormation says.
func (d Driver) because(ctx context.Context, s State) string {
	why, err := d.reasons(ctx, s, "")
	if err != nil || why == "" {
		return ""
	}
	return " (" + why + ")"
}
