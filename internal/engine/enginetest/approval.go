package enginetest

import (
	"crypto/rand"
	"testing"

	"github.com/salve-security/salve/internal/approve"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// People who may answer plans in the configuration of Approving, by what SQS calls them.
const (
	Alice = "AIDAALICEALICEALICE1"
	Bob   = "AIDABOBBOBBOBBOBBOB1"
	Team  = "AROATEAMTEAMTEAMTEA1" // a role: add a colon and the name of a session
)

// Approving is the configuration in which Store.1 to Store.3 wait for Alice, Bob or Team.
func Approving(fourEyes bool) gate.Config {
	config := Modes(gate.Approve)
	account := "arn:aws:iam::" + Hub
	config.Approvals = &gate.Approvals{FourEyes: fourEyes, Approvers: []gate.Approver{
		{ARN: account + ":user/alice", ID: Alice},
		{ARN: account + ":user/bob", ID: Bob},
		{ARN: account + ":role/team", ID: Team, NamedSessions: true},
	}}
	return config
}

// Answer is a message of the queue of approvals, from whom AWS says, about the plan that a run waits with.
func Answer(t *testing.T, sender string, about *run.Run, word run.Word) engine.Message {
	t.Helper()
	content, err := approve.Encode(approve.Message{Run: about.ID, Plan: about.Plan.Hash, Word: word, Reason: "because"})
	if err != nil {
		t.Fatal(err)
	}
	return engine.Message{ID: "answer-" + rand.Text(), Body: content, Approval: true, Sender: sender}
}

// Told is what became of an answer.
func (w *World) Told(t *testing.T, m engine.Message) run.Receipt {
	t.Helper()
	got, err := w.Ledger.Receipt(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
