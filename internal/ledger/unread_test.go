package ledger_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/ledger/ledgertest"
	"github.com/salve-security/salve/internal/run"
)

func aText(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }

func aNumber(v string) types.AttributeValue { return &types.AttributeValueMemberN{Value: v} }

// odd are values that are neither a text with something in it nor a whole number.
func odd() map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"a map": &types.AttributeValueMemberM{}, "binary": &types.AttributeValueMemberB{Value: []byte("{}")},
		"a list": &types.AttributeValueMemberL{}, "null": &types.AttributeValueMemberNULL{Value: true},
		"a truth": &types.AttributeValueMemberBOOL{Value: true},
	}
}

// TestUnreadDocument: whatever stands in the place of the document fails closed, and a push mends it.
func TestUnreadDocument(t *testing.T) {
	tests := map[string]struct {
		name  string
		value types.AttributeValue
	}{
		"no document": {"doc", nil}, "an empty document": {"doc", aText("")}, "a number": {"doc", aNumber("5")},
		"the version is a text": {"version", aText("5")},
		"the version is a map":  {"version", &types.AttributeValueMemberM{}},
		"half a version":        {"version", aNumber("5.5")},
		"a version below none":  {"version", aNumber("-3.5")},
		"a version of hundreds": {"version", aNumber("1e30")},
	}
	for name, v := range odd() {
		tests["document: "+name] = struct {
			name  string
			value types.AttributeValue
		}{"doc", v}
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			remove(t, "config", "config")
			t.Cleanup(func() { remove(t, "config", "config") })
			set(t, "config", "config", "version", aNumber("5"))
			set(t, "config", "config", "doc", aText(`{"version":1,"controls":{"S3.8":{"mode":"off"}}}`))
			set(t, "config", "config", tc.name, tc.value)
			stored := settings(t)
			if c, err := stored.Config(); err == nil || !strings.Contains(err.Error(), "push it again") {
				t.Errorf("configuration %+v, %v: want an error that says what to do", c, err)
			}
			if err := open().PushConfig(t.Context(), gate.Push{Doc: `{"version":1}`, Over: stored.Version}); err != nil {
				t.Fatal(err)
			}
			if _, err := settings(t).Config(); err != nil {
				t.Errorf("after a push: %v", err)
			}
		})
	}
}

// TestUnreadRun: a run of which an attribute is something else than it should be is not taken for
// one without it.
func TestUnreadRun(t *testing.T) {
	book := bench()
	for _, name := range []string{"doc", "findings", "asks", "owner", "lease", "undone_by", "confirmed"} {
		t.Run(name, func(t *testing.T) {
			r := ledgertest.Work(t, "S3.8", "unread", "me", "f1")
			book.MustClaim(t, r, ledgertest.Ask("e-f1", 0), run.Claimed)
			t.Cleanup(func() { book.Forget(t, r.ID) })
			set(t, "run#"+r.ID, "run", name, &types.AttributeValueMemberBOOL{Value: true})
			if got, err := book.Get(t.Context(), r.ID); err == nil || !strings.Contains(err.Error(), r.ID) {
				t.Errorf("run %+v, %v: want an error that names it", got, err)
			}
		})
	}
}

// TestUnreadHold holds, for everybody but an operator.
func TestUnreadHold(t *testing.T) {
	for name, v := range odd() {
		t.Run(name, func(t *testing.T) {
			book := bench()
			r := ledgertest.Work(t, "S3.8", "unread", "me", "f1")
			book.MustClaim(t, r, ledgertest.Ask("e-f1", 0), run.Claimed)
			book.MustFinish(t, r, run.StatusVerified)
			set(t, "work#"+r.Key.String(), "work", "hold_until", v)
			hold, err := book.Hold(t.Context(), r.Key, ledgertest.Began())
			if err != nil || hold == nil || !strings.Contains(hold.Reason, "cannot be read") {
				t.Errorf("hold %+v, %v", hold, err)
			}
			again := ledgertest.Work(t, "S3.8", "unread", "me", "f2")
			again.Key = r.Key
			claim := book.MustClaim(t, again, ledgertest.Ask("e-f2", 0), run.Held)
			if !strings.Contains(claim.Hold.Reason, "cannot be read") {
				t.Errorf("claim %+v", claim)
			}
			later := run.Hold{Until: ledgertest.Began().AddDate(0, 0, 7), By: "ada", Reason: "undone"}
			if err := book.KeepOff(t.Context(), r.Key, later); err != nil {
				t.Fatal(err)
			}
			if hold, err := book.Hold(t.Context(), r.Key, ledgertest.Began()); err != nil || hold.By != "ada" {
				t.Errorf("hold %+v, %v: want the new one", hold, err)
			}
		})
	}
}

// TestUnreadEnds: work of which nobody can tell when its runs ended rests as long as anything may, and is not lost.
func TestUnreadEnds(t *testing.T) {
	for name, v := range odd() {
		t.Run(name, func(t *testing.T) {
			book := bench()
			r := ledgertest.Work(t, "S3.8", "unread", "me", "f1")
			book.MustClaim(t, r, ledgertest.Ask("e-f1", 0), run.Claimed)
			book.MustFinish(t, r, run.StatusRefused)
			set(t, "work#"+r.Key.String(), "work", "end2", v)
			again := ledgertest.Work(t, "S3.8", "unread", "me", "f2")
			again.Key = r.Key
			ask := ledgertest.Ask("e-f2", time.Minute)
			ask.Cool = run.Cooldown{time.Second, time.Hour}
			claim := book.MustClaim(t, again, ask, run.Later)
			if want := ask.Now.Add(time.Hour); !claim.Run.Due.Equal(want) || claim.Cooled.Runs != 2 {
				t.Errorf("due %v for %+v, want %v", claim.Run.Due, claim.Cooled, want)
			}
		})
	}
}

// TestUnreadShare: what an account has drawn and nobody can read is nothing to draw on, and is not written over.
func TestUnreadShare(t *testing.T) {
	for name, v := range odd() {
		t.Run(name, func(t *testing.T) {
			set(t, "share#"+t.Name(), "share", "mark", v)
			now := ledgertest.Began()
			for _, seen := range []time.Time{now.Add(time.Hour), {}, now.Add(time.Hour)} {
				mark, drawn, err := open().Draw(t.Context(), t.Name(), time.Minute, now, seen)
				if !errors.Is(err, run.ErrMark) || drawn {
					t.Errorf("mark %v, drawn %v, %v", mark, drawn, err)
				}
			}
		})
	}
}

// TestUnreadPast: who wrote last and what was fixed last is not nobody and nothing.
func TestUnreadPast(t *testing.T) {
	book := bench()
	r := ledgertest.Work(t, "S3.8", "unread", "me", "f1")
	book.MustClaim(t, r, ledgertest.Ask("e-f1", 0), run.Claimed)
	book.MustFinish(t, r, run.StatusVerified)
	for _, name := range []string{"last_fix", "wrote"} {
		set(t, "work#"+r.Key.String(), "work", name, &types.AttributeValueMemberBOOL{Value: true})
	}
	if got, err := book.LastFix(t.Context(), r.Key); err == nil {
		t.Errorf("last fix %q", got)
	}
	if got, err := book.Latest(t.Context(), r.Key); err == nil {
		t.Errorf("latest %q", got)
	}
	if got, err := book.Wrote(t.Context(), r.Key); err == nil {
		t.Errorf("wrote %q", got)
	}
}
