package ledger_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/ledger/ledgertest"
)

// TestChartOfTwoThousand: the organization of 2,000 accounts is an item with room to spare, and comes back whole.
func TestChartOfTwoThousand(t *testing.T) {
	t.Cleanup(func() { remove(t, "config", "chart") })
	remove(t, "config", "chart")
	c := gate.Chart{At: ledgertest.Began(), Root: "r-ab12", Above: map[string]string{}}
	for n := range 200 {
		unit := fmt.Sprintf("ou-ab12-%08d", n)
		c.Above[unit] = "r-ab12"
		for m := range 10 {
			c.Above[fmt.Sprintf("%012d", (n*10+m+1)*314_159_265%1_000_000_000_000)] = unit
		}
	}
	if kept, err := open().KeepChart(t.Context(), c, 0); err != nil || !kept {
		t.Fatalf("kept %v, %v", kept, err)
	}
	got, err := open().Chart(t.Context())
	if err != nil || got.Chart == nil || len(got.Chart.Accounts()) != 2000 {
		t.Fatalf("%+v, %v", got, err)
	}
	doc, ok := raw(t, "config", "chart")["doc"].(*types.AttributeValueMemberB)
	if !ok || len(doc.Value) > 64<<10 {
		t.Errorf("it takes %d bytes", len(doc.Value))
	}
}

// TestUnreadableChart: what this release cannot read is not known, and the next reading takes its place.
func TestUnreadableChart(t *testing.T) {
	c := gate.Chart{At: ledgertest.Began(), Root: "r-ab12", Above: map[string]string{"222222222222": "r-ab12"}}
	for name, tc := range map[string]struct {
		attribute string
		value     types.AttributeValue
		says      string
	}{
		"newer form":   {"form", aNumber("2"), "form 2"},
		"no form":      {"form", nil, "form 0"},
		"odd form":     {"form", aText("1"), "form 0"},
		"a text":       {"doc", aText("{}"), "no chart"},
		"damaged":      {"doc", &types.AttributeValueMemberB{Value: []byte("x")}, "damaged"},
		"odd revision": {"revision", aText("x"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Cleanup(func() { remove(t, "config", "chart") })
			if kept, err := open().KeepChart(t.Context(), c, 0); err != nil || !kept {
				t.Fatalf("kept %v, %v", kept, err)
			}
			set(t, "config", "chart", tc.attribute, tc.value)
			got, err := open().Chart(t.Context())
			if err != nil || (got.Chart == nil) != (tc.says != "") || !strings.Contains(got.Unread, tc.says) {
				t.Fatalf("%+v, %v", got, err)
			}
			if kept, err := open().KeepChart(t.Context(), c, got.Revision); err != nil || !kept {
				t.Fatalf("kept %v, %v", kept, err)
			}
			if got, err = open().Chart(t.Context()); err != nil || got.Chart == nil {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}
