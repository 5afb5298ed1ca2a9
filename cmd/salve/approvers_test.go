package main

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
)

// someIAM has one user and one role, or denies everything.
type someIAM struct{ denied bool }

func (s someIAM) GetUser(
	_ context.Context, in *iam.GetUserInput, _ ...func(*iam.Options),
) (*iam.GetUserOutput, error) {
	switch {
	case s.denied:
		return nil, fault.New(fault.Denied, "not by you")
	case aws.ToString(in.UserName) != "ann":
		return nil, &types.NoSuchEntityException{}
	}
	return &iam.GetUserOutput{User: &types.User{
		Arn: aws.String("arn:aws:iam::111111111111:user/ann"), UserId: aws.String("AIDAANNANNANNANNANN1"),
	}}, nil
}

func (s someIAM) GetRole(
	_ context.Context, in *iam.GetRoleInput, _ ...func(*iam.Options),
) (*iam.GetRoleOutput, error) {
	if aws.ToString(in.RoleName) != "ops" {
		return nil, &types.NoSuchEntityException{}
	}
	return &iam.GetRoleOutput{Role: &types.Role{
		Arn: aws.String("arn:aws:iam::111111111111:role/people/ops"), RoleId: aws.String("AROAOPSOPSOPSOPSOPS1"),
	}}, nil
}

// TestApproversAreLookedUp: the id is AWS's, and nothing is stored where AWS says something else.
func TestApproversAreLookedUp(t *testing.T) {
	const home = "arn:aws:iam::111111111111:"
	tests := map[string]struct {
		who    gate.Approver
		denied bool
		id     string
		says   string
	}{
		"a user":               {gate.Approver{ARN: home + "user/ann"}, false, "AIDAANNANNANNANNANN1", ""},
		"a role with its path": {gate.Approver{ARN: home + "role/people/ops"}, false, "AROAOPSOPSOPSOPSOPS1", ""},
		"with the id it has": {
			gate.Approver{ARN: home + "user/ann", ID: "AIDAANNANNANNANNANN1"}, false, "AIDAANNANNANNANNANN1", "",
		},
		"with an id it had": {
			gate.Approver{ARN: home + "user/ann", ID: "AIDAOLDOLDOLDOLDOLD1"}, false, "", "it was made anew",
		},
		"a role without its path": {gate.Approver{ARN: home + "role/ops"}, false, "", "write it so, with its path"},
		"nobody":                  {gate.Approver{ARN: home + "user/bob"}, false, "", "cannot be found"},
		"of another account": {
			gate.Approver{ARN: "arn:aws:iam::222222222222:user/ann"}, false, "", "not of the hub's account",
		},
		"who may not look": {gate.Approver{ARN: home + "user/ann"}, true, "", "iam:GetUser and iam:GetRole"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			section := gate.Approvals{FourEyes: true, Approvers: []gate.Approver{tc.who}}
			got, err := resolved(t.Context(), someIAM{tc.denied}, "111111111111", section)
			switch {
			case tc.says == "" && (err != nil || got.Approvers[0].ID != tc.id || !got.FourEyes):
				t.Errorf("%+v, %v", got, err)
			case tc.says != "" && (err == nil || !strings.Contains(err.Error(), tc.says)):
				t.Errorf("error %v, want %q", err, tc.says)
			}
			if section.Approvers[0].ID != tc.who.ID {
				t.Error("the document that was read has changed")
			}
		})
	}
}
