package finding_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/finding"
)

// TestParams: a name that is given twice could be read in two ways.
func TestParams(t *testing.T) {
	many := make([]finding.RawParam, 65)
	for i := range many {
		many[i].Name = fmt.Sprint("p", i)
	}
	tests := map[string]struct {
		list []finding.RawParam
		want map[string][]string
		bad  bool
	}{
		"none": {nil, nil, false},
		"two": {
			[]finding.RawParam{{"minimumPasswordLength", []string{"14"}}, {"ports", []string{"22", "80"}}},
			map[string][]string{"minimumPasswordLength": {"14"}, "ports": {"22", "80"}},
			false,
		},
		"twice, in other letters": {[]finding.RawParam{{"days", nil}, {"Days", nil}}, nil, true},
		"no name":                 {[]finding.RawParam{{"", []string{"1"}}}, nil, true},
		"too many":                {many, nil, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := finding.Params(tt.list)
			if (err != nil) != tt.bad {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}
