package securityhub_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/salve-security/salve/internal/lab/securityhub"
)

func custom(v types.ParameterValue) types.ParameterConfiguration {
	return types.ParameterConfiguration{ValueType: types.ParameterValueTypeCustom, Value: v}
}

func setParameters(t *testing.T, c *sdk.Client, set map[string]types.ParameterConfiguration) error {
	t.Helper()
	_, err := c.UpdateSecurityControl(t.Context(), &sdk.UpdateSecurityControlInput{
		SecurityControlId: aws.String("IAM.7"), Parameters: set,
	})
	return err
}

func parametersOf(t *testing.T, c *sdk.Client) map[string]types.ParameterConfiguration {
	t.Helper()
	out, err := c.BatchGetSecurityControls(t.Context(), &sdk.BatchGetSecurityControlsInput{
		SecurityControlIds: []string{"IAM.7", "no control"},
	})
	if err != nil || len(out.SecurityControls) != 1 || len(out.UnprocessedIds) != 1 {
		t.Fatalf("%v: %+v", err, out)
	}
	return out.SecurityControls[0].Parameters
}

// TestParametersOfControls: they are kept for each account, and DEFAULT takes them away.
func TestParametersOfControls(t *testing.T) {
	l := newLab(t)
	length := custom(&types.ParameterValueMemberInteger{Value: 16})
	ports := custom(&types.ParameterValueMemberIntegerList{Value: []int32{22, 80}})
	if err := setParameters(t, l.root(member), map[string]types.ParameterConfiguration{"length": length}); err != nil {
		t.Fatal(err)
	}
	if err := setParameters(t, l.root(member), map[string]types.ParameterConfiguration{"ports": ports}); err != nil {
		t.Fatal(err)
	}
	same := func(want map[string]types.ParameterConfiguration, c *sdk.Client) {
		t.Helper()
		got := parametersOf(t, c)
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(types.ParameterConfiguration{},
			types.ParameterValueMemberInteger{}, types.ParameterValueMemberIntegerList{})); d != "" {
			t.Error(d)
		}
	}
	same(map[string]types.ParameterConfiguration{"length": length, "ports": ports}, l.root(member))
	same(nil, l.root(hubAccount))
	err := setParameters(t, l.root(member), map[string]types.ParameterConfiguration{
		"length": {ValueType: types.ParameterValueTypeDefault},
	})
	if err != nil {
		t.Fatal(err)
	}
	same(map[string]types.ParameterConfiguration{"ports": ports}, l.root(member))
	for name, bad := range map[string]types.ParameterConfiguration{
		"no value": {ValueType: types.ParameterValueTypeCustom}, "no kind": {ValueType: "OTHER", Value: ports.Value},
	} {
		if setParameters(t, l.root(member), map[string]types.ParameterConfiguration{"x": bad}) == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if setParameters(t, l.root(stranger), map[string]types.ParameterConfiguration{"length": length}) == nil {
		t.Error("taken where Security Hub is off")
	}
}

// TestFindingsCarryParameters: as Security Hub writes them, and only those that have some.
func TestFindingsCarryParameters(t *testing.T) {
	l := newLab(t)
	spec := securityhub.FindingSpec{
		Control: "IAM.7", Consolidated: true, Account: member, Region: home, Resource: "AWS::::Account:" + member,
		ResourceType: "AwsAccount", At: l.tick(), Parameters: map[string][]string{"b": {"2", "3"}, "a": {"1"}},
	}
	f, err := securityhub.SDKFinding(spec)
	if err != nil {
		t.Fatal(err)
	}
	want := []types.SecurityControlParameter{
		{Name: aws.String("a"), Value: []string{"1"}}, {Name: aws.String("b"), Value: []string{"2", "3"}},
	}
	ignored := cmpopts.IgnoreUnexported(types.SecurityControlParameter{})
	if d := cmp.Diff(want, f.Compliance.SecurityControlParameters, ignored); d != "" {
		t.Error(d)
	}
	spec.Parameters = nil
	if f, err = securityhub.SDKFinding(spec); err != nil || f.Compliance.SecurityControlParameters != nil {
		t.Errorf("%v: %+v", err, f.Compliance)
	}
}
