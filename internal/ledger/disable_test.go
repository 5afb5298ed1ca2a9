package ledger_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/ledger/ledgertest"
)

// TestUnreadableDisable: what this release cannot read is off everywhere and for good, and a person can lift it.
func TestUnreadableDisable(t *testing.T) {
	s, n := aText, aNumber
	m := func(v item) types.AttributeValue { return &types.AttributeValueMemberM{Value: v} }
	whole := gate.Origin{Owner: "nobody known", Reason: "the stored list of what is disabled cannot be read"}
	odd := gate.Origin{Owner: "nobody known", Reason: "the stored entry of what is disabled cannot be read"}
	one := []gate.Disable{{Origin: odd, Control: "s3.8", Stored: "s3.8#12"}}
	tests := map[string]struct {
		stored types.AttributeValue
		want   []gate.Disable
	}{
		"no map":       {s("all"), []gate.Disable{{Origin: whole}}},
		"a list":       {&types.AttributeValueMemberL{}, []gate.Disable{{Origin: whole}}},
		"a text":       {m(item{"s3.8#12": s("yes")}), one},
		"empty":        {m(item{"s3.8#12": m(item{})}), one},
		"no place":     {m(item{"s3.8#12": m(item{"expires": n("0")})}), one},
		"odd end":      {m(item{"s3.8#12": m(item{"expires": n("1.5"), "where": s("")})}), one},
		"place odd":    {m(item{"s3.8#12": m(item{"expires": n("1"), "where": n("1")})}), one},
		"place broken": {m(item{"s3.8#12": m(item{"expires": n("1"), "where": s("{")})}), one},
		"newer place":  {m(item{"s3.8#12": m(item{"expires": n("1"), "where": s(`{"planets":["mars"]}`)})}), one},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			remove(t, "config", "config")
			set(t, "config", "config", "doc", s("one"))
			set(t, "config", "config", "version", n("1"))
			set(t, "config", "config", "disables", tc.stored)
			if d := cmp.Diff(gate.Settings{Doc: "one", Version: 1, Disables: tc.want}, settings(t)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if !tc.want[0].Active(ledgertest.Began().AddDate(100, 0, 0)) {
				t.Error("it ends")
			}
			if lifted, err := open().Lift(t.Context(), tc.want[0]); err != nil || !lifted {
				t.Errorf("lifted %v, %v", lifted, err)
			}
			if left := settings(t); len(left.Disables) > 0 {
				t.Errorf("left %+v", left.Disables)
			}
		})
	}
}

// TestSpoiltHistory: an entry that is not what was pushed says so, and the others can be read.
func TestSpoiltHistory(t *testing.T) {
	remove(t, "config", "config")
	for i := range int64(2) {
		p := gate.Push{Doc: `{"version":1}`, Over: i, By: "arn", How: "config push", At: ledgertest.Began()}
		if err := open().PushConfig(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	for name, v := range map[string]types.AttributeValue{
		"gone": nil, "a text": aText("{}"), "no gzip": &types.AttributeValueMemberB{Value: []byte("{}")},
		"half": &types.AttributeValueMemberB{Value: []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff}},
	} {
		t.Run(name, func(t *testing.T) {
			set(t, "config", "version#001", "doc", v)
			got, err := open().Pushed(t.Context(), 1)
			if err != nil || got.Unread == nil || got.Doc != "" {
				t.Errorf("%+v, %v: want why it cannot be read", got, err)
			}
		})
	}
	raw2 := raw(t, "config", "version#002")
	set(t, "config", "version#001", "doc", raw2["doc"])
	set(t, "config", "version#001", "hash", aText("other"))
	if got, err := open().Pushed(t.Context(), 1); err != nil || got.Unread == nil {
		t.Errorf("%+v, %v: it is not what was pushed", got, err)
	}
	if list, err := open().Pushes(t.Context()); err != nil || len(list) != 2 {
		t.Errorf("%+v, %v", list, err)
	}
}
