package ledger_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/ledger/ledgertest"
)

// settings are what is stored.
func settings(t *testing.T) gate.Settings {
	t.Helper()
	s, err := open().Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestUnreadableStop: what this release cannot read holds for good, and a
// person can still lift it.
func TestUnreadableStop(t *testing.T) {
	odd := gate.Origin{Owner: "nobody known", Reason: "the stored stop cannot be read"}
	s := func(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
	n := func(v string) types.AttributeValue { return &types.AttributeValueMemberN{Value: v} }
	m := func(v item) types.AttributeValue { return &types.AttributeValueMemberM{Value: v} }
	tests := map[string]struct {
		stored  types.AttributeValue
		want    []gate.Stop
		control string // that lifts it
	}{
		"no map":     {s("all"), []gate.Stop{{Origin: odd}}, ""},
		"a list":     {&types.AttributeValueMemberL{}, []gate.Stop{{Origin: odd}}, ""},
		"a text":     {m(item{"s3.8": s("yes")}), []gate.Stop{{Origin: odd, Control: "s3.8"}}, "S3.8"},
		"empty":      {m(item{"s3.8": m(item{})}), []gate.Stop{{Origin: odd, Control: "s3.8"}}, "S3.8"},
		"no number":  {m(item{"*": m(item{"expires": s("1")})}), []gate.Stop{{Origin: odd}}, ""},
		"a fraction": {m(item{"*": m(item{"expires": n("1.5")})}), []gate.Stop{{Origin: odd}}, ""},
		"a huge one": {m(item{"*": m(item{"expires": n("1e30")})}), []gate.Stop{{Origin: odd}}, ""},
		"negative":   {m(item{"*": m(item{"expires": n("-1")})}), []gate.Stop{{Origin: odd}}, ""},
		"nobody":     {m(item{"s3.8": m(item{"expires": n("0")})}), []gate.Stop{{Control: "s3.8"}}, "S3.8"},
		"in an account": {
			m(item{"s3.8#222222222222": m(item{"expires": n("0")})}),
			[]gate.Stop{{Control: "s3.8", Account: "222222222222"}},
			"S3.8",
		},
		"odd name":    {m(item{"x y": m(item{"expires": n("0")})}), []gate.Stop{{Control: "x y"}}, "x y"},
		"newer field": {m(item{"*": m(item{"expires": n("0"), "accounts": s("1")})}), []gate.Stop{{}}, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			remove(t, "config", "config")
			book := history()
			_, err := book.DB.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &book.Table, Item: item{
				"pk": s("config"), "sk": s("config"), "doc": s("one"), "version": n("1"), "stops": tc.stored,
			}})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(gate.Settings{Doc: "one", Version: 1, Stops: tc.want}, settings(t)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			lifted, err := open().Resume(t.Context(), tc.control, tc.want[0].Account, ledgertest.Began())
			if err != nil || !lifted {
				t.Errorf("lifted %v, %v", lifted, err)
			}
			if d := cmp.Diff(gate.Settings{Doc: "one", Version: 1}, settings(t)); d != "" {
				t.Errorf("after it was lifted (-want +got):\n%s", d)
			}
		})
	}
}

// TestResumeMakesNoItem: lifting what is not there stores nothing.
func TestResumeMakesNoItem(t *testing.T) {
	remove(t, "config", "config")
	for _, control := range []string{"S3.8", ""} {
		lifted, err := open().Resume(t.Context(), control, "", ledgertest.Began())
		if err != nil || lifted {
			t.Errorf("lifted %q: %v, %v", control, lifted, err)
		}
	}
	if left := raw(t, "config", "config"); left != nil {
		t.Errorf("made %v", left)
	}
	if left := raw(t, "tally#S3.8#"+ledgertest.Began().Format(time.RFC3339), "tally"); left != nil {
		t.Errorf("made %v", left)
	}
}
