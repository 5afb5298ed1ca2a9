package around_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// TestJudged: with the role of the member, what was set there, in the form of findings.
func TestJudged(t *testing.T) {
	account := shared.Members()[0]
	custom := func(v types.ParameterValue) types.ParameterConfiguration {
		return types.ParameterConfiguration{ValueType: types.ParameterValueTypeCustom, Value: v}
	}
	_, err := securityhub.NewFromConfig(shared.Root(account)).UpdateSecurityControl(t.Context(),
		&securityhub.UpdateSecurityControlInput{
			SecurityControlId: aws.String("IAM.7"), Parameters: map[string]types.ParameterConfiguration{
				"whole": custom(&types.ParameterValueMemberInteger{Value: 14}),
				"part":  custom(&types.ParameterValueMemberDouble{Value: 0.5}),
				"truth": custom(&types.ParameterValueMemberBoolean{Value: true}),
				"text":  custom(&types.ParameterValueMemberString{Value: "a"}),
				"one":   custom(&types.ParameterValueMemberEnum{Value: "b"}),
				"all":   custom(&types.ParameterValueMemberIntegerList{Value: []int32{22, 80}}),
				"texts": custom(&types.ParameterValueMemberStringList{Value: []string{"c", "d"}}),
				"some":  custom(&types.ParameterValueMemberEnumList{Value: []string{"e"}}),
				"usual": {ValueType: types.ParameterValueTypeDefault},
			},
		})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		account, control string
		want             control.Judged
	}{
		"set": {account, "IAM.7", control.Judged{
			"whole": {"14"}, "part": {"0.5"}, "truth": {"true"}, "text": {"a"}, "one": {"b"}, "all": {"22", "80"},
			"texts": {"c", "d"}, "some": {"e"},
		}},
		"none":               {account, "EC2.19", control.Judged{}},
		"of another account": {shared.Members()[1], "IAM.7", control.Judged{}},
		"no control":         {account, "none", control.Judged{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := finder(shared.Orchestrator(), time.Now).Judged(t.Context(), of(tt.account), tt.control, "test")
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestJudgedByNobodyKnows: what could not be read is no answer.
func TestJudgedByNobodyKnows(t *testing.T) {
	got, err := finder(shared.Orchestrator(), time.Now).Judged(t.Context(), of("444444444444"), "IAM.7", "test")
	if fault.Of(err) != fault.NotOnboarded || got != nil {
		t.Errorf("%v, %v, want class %s", got, err, fault.NotOnboarded)
	}
}

func of(account string) control.Target {
	return control.Target{
		Account: account, Region: shared.Region(), Partition: "aws", Resource: "AWS::::Account:" + account,
	}
}
