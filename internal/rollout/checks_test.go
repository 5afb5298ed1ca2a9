package rollout_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	accounts "github.com/aws/aws-sdk-go-v2/service/account"
	regions "github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	roles "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/rollout"
	"github.com/salve-security/salve/internal/stack"
	"github.com/salve-security/salve/internal/stack/stacktest"
)

// surroundings are what the checks see.
type surroundings struct {
	off           bool   // Security Hub is
	administrator string // of the account
	unsaid        error  // whether it has one
	mode, home    string // of the finding aggregator; none without a home
	linked        []string
	regions       []string // that are switched on; nil where nobody may ask
	role          bool     // of a hub is there
	hubIn         string   // Region of a hub
}

func (s surroundings) DescribeHub(context.Context, *securityhub.DescribeHubInput, ...func(*securityhub.Options)) (
	*securityhub.DescribeHubOutput, error,
) {
	if s.off {
		return nil, &types.InvalidAccessException{}
	}
	return &securityhub.DescribeHubOutput{}, nil
}

func (s surroundings) GetAdministratorAccount(
	context.Context, *securityhub.GetAdministratorAccountInput, ...func(*securityhub.Options),
) (*securityhub.GetAdministratorAccountOutput, error) {
	if s.unsaid != nil {
		return nil, s.unsaid
	}
	if s.administrator == "" {
		return &securityhub.GetAdministratorAccountOutput{}, nil
	}
	return &securityhub.GetAdministratorAccountOutput{Administrator: &types.Invitation{AccountId: &s.administrator}}, nil
}

func (s surroundings) ListFindingAggregators(
	context.Context, *securityhub.ListFindingAggregatorsInput, ...func(*securityhub.Options),
) (*securityhub.ListFindingAggregatorsOutput, error) {
	out := &securityhub.ListFindingAggregatorsOutput{}
	if s.home != "" {
		out.FindingAggregators = []types.FindingAggregator{{FindingAggregatorArn: aws.String("arn")}}
	}
	return out, nil
}

func (s surroundings) GetFindingAggregator(
	context.Context, *securityhub.GetFindingAggregatorInput, ...func(*securityhub.Options),
) (*securityhub.GetFindingAggregatorOutput, error) {
	return &securityhub.GetFindingAggregatorOutput{
		FindingAggregationRegion: &s.home, RegionLinkingMode: &s.mode, Regions: s.linked,
	}, nil
}

func (s surroundings) GetRole(context.Context, *iam.GetRoleInput, ...func(*iam.Options)) (*iam.GetRoleOutput, error) {
	if !s.role {
		return nil, &roles.NoSuchEntityException{}
	}
	return &iam.GetRoleOutput{}, nil
}

func (s surroundings) ListRegions(context.Context, *accounts.ListRegionsInput, ...func(*accounts.Options)) (
	*accounts.ListRegionsOutput, error,
) {
	if s.regions == nil {
		return nil, errors.New("not allowed")
	}
	out := &accounts.ListRegionsOutput{}
	for _, name := range s.regions {
		out.Regions = append(out.Regions, regions.Region{RegionName: &name})
	}
	return out, nil
}

func (s surroundings) checks() rollout.Checks {
	return rollout.Checks{
		Place:       rollout.Place{Partition: "aws", Account: account, Region: "eu-central-1"},
		SecurityHub: s, Roles: s, Regions: s, Stacks: func(region string) stack.Driver {
			c := stacktest.New(account)
			if region == s.hubIn {
				c.Put(rollout.HubStack, stacktest.Stack{
					Status: "CREATE_COMPLETE", Template: hubTemplate,
					Parameters: map[string]string{"CodeBucket": "b", "CodeKey": "salve/one.zip", "Revision": "0"},
				})
			}
			return stack.Driver{API: c}
		},
	}
}

// place is where a hub is to be, and what is said of that.
type place struct {
	around        surroundings
	note, refused string
}

// TestChecks: a hub in the wrong place is refused, with the right one; what it will not hear of is said.
func TestChecks(t *testing.T) {
	on := []string{"eu-central-1", "eu-west-1", "us-east-1"}
	tests := map[string]place{
		"all comes together here": {around: surroundings{mode: "ALL_REGIONS", home: "eu-central-1", regions: on}},
		"no aggregator": {
			around: surroundings{regions: on}, note: "hears of eu-central-1 only; not covered: eu-west-1, us-east-1",
		},
		"some Regions": {
			around: surroundings{mode: "SPECIFIED_REGIONS", home: "eu-central-1", linked: []string{"eu-west-1"}, regions: on},
			note:   "not covered: us-east-1",
		},
		"all but some": {
			around: surroundings{
				mode: "ALL_REGIONS_EXCEPT_SPECIFIED", home: "eu-central-1", linked: []string{"us-east-1"}, regions: on,
			},
			note: "leaves out, and so does this hub: us-east-1",
		},
		"elsewhere": {
			around: surroundings{mode: "ALL_REGIONS", home: "eu-west-1", regions: on}, refused: "AWS_REGION=eu-west-1",
		},
		"off": {around: surroundings{off: true, regions: on}, refused: "enable-security-hub"},
		"a member": {
			around: surroundings{administrator: "999999999999", regions: on}, refused: "administrator is 999999999999",
		},
		"its own": {around: surroundings{administrator: account, mode: "ALL_REGIONS", home: "eu-central-1", regions: on}},
		"opt-in": {
			around:  surroundings{regions: []string{"eu-west-1"}},
			refused: "aws account enable-region --region-name eu-central-1",
		},
		"Regions unknown": {around: surroundings{}, note: "could not be read"},
		"a second hub": {
			around: surroundings{regions: on, role: true, hubIn: "us-east-1"}, refused: "has a hub in Region us-east-1",
		},
		"a role left behind": {around: surroundings{regions: on, role: true}, refused: "was left behind"},
		"the hub itself":     {around: surroundings{regions: on, role: true, hubIn: "eu-central-1"}, note: "not covered"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) { tc.check(t) })
	}
}

// TestWhoseMember: whose member an account is has to be said before a hub is made there; an emulator need
// not know.
func TestWhoseMember(t *testing.T) {
	on := []string{"eu-central-1"}
	tests := map[string]place{
		"whose member may not be read": {
			around:  surroundings{unsaid: &smithy.GenericAPIError{Code: "AccessDeniedException"}, regions: on},
			refused: "securityhub:GetAdministratorAccount",
		},
		"whose member nobody answers": {
			around: surroundings{unsaid: errors.New("connection reset"), regions: on}, refused: "could not be read",
		},
		"whose member it is, is throttled": {
			around:  surroundings{unsaid: &smithy.GenericAPIError{Code: "ThrottlingException"}, regions: on},
			refused: "could not be read",
		},
		"not a member, in words": {
			around: surroundings{
				unsaid: &types.ResourceNotFoundException{}, mode: "ALL_REGIONS", home: "eu-central-1", regions: on,
			},
		},
		"an emulator without the call": {
			around: surroundings{
				unsaid: &smithy.GenericAPIError{Code: "UnknownOperationException"}, mode: "ALL_REGIONS", home: "eu-central-1",
				regions: on,
			},
			note: "Whether Security Hub here is a member's could not be looked at",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) { tc.check(t) })
	}
}

// check looks whether a hub may be there.
func (tc place) check(t *testing.T) {
	t.Helper()
	notes, err := tc.around.checks().Look(t.Context())
	if text := strings.Join(notes, "\n"); !strings.Contains(text, tc.note) || tc.note == "" && text != "" &&
		tc.refused == "" {
		t.Errorf("notes %q, want %q", text, tc.note)
	}
	if tc.refused == "" {
		if err != nil {
			t.Error(err)
		}
		return
	}
	if fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), tc.refused) {
		t.Errorf("error %v, want a refusal about %q", err, tc.refused)
	}
}

// TestOptedIn: of a Region that takes no credentials it is said that it is switched off, if that can be known.
func TestOptedIn(t *testing.T) {
	off := surroundings{regions: []string{"eu-west-1"}}
	if err := off.checks().OptedIn(t.Context()); fault.Of(err) != fault.Refused {
		t.Errorf("error %v", err)
	}
	for _, around := range []surroundings{{}, {regions: []string{"eu-central-1"}}} {
		if err := around.checks().OptedIn(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
