package rollout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	accounts "github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	roles "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/stack"
)

// SecurityHub says whose findings come together where.
type SecurityHub interface {
	DescribeHub(context.Context, *securityhub.DescribeHubInput, ...func(*securityhub.Options)) (
		*securityhub.DescribeHubOutput, error)
	GetAdministratorAccount(context.Context, *securityhub.GetAdministratorAccountInput,
		...func(*securityhub.Options)) (*securityhub.GetAdministratorAccountOutput, error)
	ListFindingAggregators(context.Context, *securityhub.ListFindingAggregatorsInput, ...func(*securityhub.Options)) (
		*securityhub.ListFindingAggregatorsOutput, error)
	GetFindingAggregator(context.Context, *securityhub.GetFindingAggregatorInput, ...func(*securityhub.Options)) (
		*securityhub.GetFindingAggregatorOutput, error)
}

// Roles says whether a role is there.
type Roles interface {
	GetRole(context.Context, *iam.GetRoleInput, ...func(*iam.Options)) (*iam.GetRoleOutput, error)
}

// Regions says which Regions an account has switched on.
type Regions interface {
	ListRegions(context.Context, *account.ListRegionsInput, ...func(*account.Options)) (*account.ListRegionsOutput, error)
}

// Checks are what has to be right before a hub is deployed in a place.
type Checks struct {
	Place       Place
	SecurityHub SecurityHub
	Roles       Roles
	Regions     Regions
	Stacks      func(region string) stack.Driver
	Test        bool // the hub is for a test in its own account: it may be in a member of another administrator
}

// Look says what a person should know, and refuses where a hub would be in the wrong place. What may not be read is
// said.
func (c Checks) Look(ctx context.Context) ([]string, error) {
	on, err := c.enabled(ctx)
	var notes []string
	if err != nil {
		notes = append(notes, "Which Regions are switched on could not be read: "+fault.Cause(err))
	}
	if len(on) > 0 && !slices.Contains(on, c.Place.Region) {
		return notes, c.optIn()
	}
	note, err := c.administrator(ctx)
	if err != nil {
		return notes, err
	}
	if note != "" {
		notes = append(notes, note)
	}
	covered, err := c.covered(ctx, on)
	if err != nil {
		return notes, err
	}
	if covered != "" {
		notes = append(notes, covered)
	}
	return notes, c.alone(ctx, on)
}

// optIn refuses a Region that is not switched on.
func (c Checks) optIn() error {
	return fault.New(fault.Refused, "Region %s is not switched on in account %s: switch it on with aws account "+
		"enable-region --region-name %s, wait until aws account get-region-opt-status says ENABLED, and run this again, or "+
		"take another Region", c.Place.Region, c.Place.Account, c.Place.Region)
}

// OptedIn refuses a Region that is known not to be switched on; it is asked where a Region takes no credentials.
func (c Checks) OptedIn(ctx context.Context) error {
	on, err := c.enabled(ctx)
	if err != nil || len(on) == 0 || slices.Contains(on, c.Place.Region) {
		return nil //nolint:nilerr // who may not ask learns what the Region answers
	}
	return c.optIn()
}

// enabled are the Regions that the account has switched on.
func (c Checks) enabled(ctx context.Context) ([]string, error) {
	in := &account.ListRegionsInput{RegionOptStatusContains: []accounts.RegionOptStatus{
		accounts.RegionOptStatusEnabled, accounts.RegionOptStatusEnabledByDefault,
	}}
	var all []string
	for {
		out, err := c.Regions.ListRegions(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("list Regions: %w", err)
		}
		for _, r := range out.Regions {
			all = append(all, aws.ToString(r.RegionName))
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			slices.Sort(all)
			return all, nil
		}
	}
}

// administrator refuses an account whose Security Hub is another's, or is switched off.
func (c Checks) administrator(ctx context.Context) (note string, err error) {
	if err := c.on(ctx); err != nil {
		return "", err
	}
	out, err := c.SecurityHub.GetAdministratorAccount(ctx, &securityhub.GetAdministratorAccountInput{})
	if err != nil {
		return c.unsaid(ctx, err)
	}
	if out.Administrator == nil {
		return "", nil
	}
	admin := aws.ToString(out.Administrator.AccountId)
	if admin != "" && admin != c.Place.Account && c.Test {
		return "The Security Hub administrator of account " + c.Place.Account + " is " + admin + ", which hears nothing " +
			"of a hub that is made here for a test", nil
	}
	if admin != "" && admin != c.Place.Account {
		return "", fault.New(fault.Refused, "account %s is a member: its Security Hub administrator is %s, and the "+
			"hub belongs there: name a profile of that account with --profile", c.Place.Account, admin)
	}
	return "", nil
}

// unsaid is what becomes of a deployment where it is not said whose member the account is: a hub in a member would hear
// of that member only, so none is made unless nobody there can say it.
func (c Checks) unsaid(ctx context.Context, err error) (note string, refusal error) {
	var none *types.ResourceNotFoundException
	if errors.As(err, &none) { // it has none: that Security Hub is switched on was looked at before
		return "", nil
	}
	if ctx.Err() != nil || Expired(err) {
		return "", fmt.Errorf("read the Security Hub administrator: %w", err)
	}
	var answer smithy.APIError
	if errors.As(err, &answer) && answer.ErrorCode() == "UnknownOperationException" { // of an emulator
		return "Whether Security Hub here is a member's could not be looked at: GetAdministratorAccount is not known there",
			nil
	}
	return "", fault.New(fault.Refused, "whether account %s is a member of another Security Hub administrator could not "+
		"be read (%s), and the hub belongs into that account: get securityhub:GetAdministratorAccount, and run this again",
		c.Place.Account, sentence(err))
}

// on refuses an account whose Security Hub is switched off.
func (c Checks) on(ctx context.Context) error {
	_, err := c.SecurityHub.DescribeHub(ctx, &securityhub.DescribeHubInput{})
	var off *types.InvalidAccessException
	var none *types.ResourceNotFoundException
	if errors.As(err, &off) || errors.As(err, &none) {
		return fault.New(fault.Refused, "Security Hub is not switched on in account %s, Region %s: the hub is where the "+
			"Security Hub administrator is; switch it on with aws securityhub enable-security-hub, or name the profile of "+
			"that account with --profile", c.Place.Account, c.Place.Region)
	}
	if err != nil {
		return fmt.Errorf("look at Security Hub: %w", err)
	}
	return nil
}

// covered says which Regions this hub will not hear of, and refuses where findings come together in another.
func (c Checks) covered(ctx context.Context, on []string) (string, error) {
	list, err := c.SecurityHub.ListFindingAggregators(ctx, &securityhub.ListFindingAggregatorsInput{})
	if err != nil {
		return "Whether findings of other Regions come here could not be read: " + fault.Cause(err), nil
	}
	if len(list.FindingAggregators) == 0 {
		return "No finding aggregator: this hub hears of " + c.Place.Region + " only; " + missed(on,
			[]string{c.Place.Region}) +
			"; make one with aws securityhub create-finding-aggregator --region-linking-mode ALL_REGIONS", nil
	}
	out, err := c.SecurityHub.GetFindingAggregator(ctx, &securityhub.GetFindingAggregatorInput{
		FindingAggregatorArn: list.FindingAggregators[0].FindingAggregatorArn,
	})
	if err != nil {
		return "", fmt.Errorf("read the finding aggregator: %w", err)
	}
	home := aws.ToString(out.FindingAggregationRegion)
	if home != "" && home != c.Place.Region {
		return "", fault.New(fault.Refused, "findings come together in Region %s, and the hub belongs there: set "+
			"AWS_REGION=%s",
			home, home)
	}
	switch aws.ToString(out.RegionLinkingMode) {
	case "SPECIFIED_REGIONS":
		return "The finding aggregator links some Regions; " + missed(on, append(out.Regions, home)), nil
	case "ALL_REGIONS_EXCEPT_SPECIFIED":
		return "The finding aggregator leaves out, and so does this hub: " + strings.Join(out.Regions, ", "), nil
	case "NO_REGIONS":
		return "The finding aggregator links no Region; " + missed(on, []string{home}), nil
	}
	return "", nil
}

// missed says which Regions of those that are switched on are not covered.
func missed(on, covered []string) string {
	left := slices.DeleteFunc(slices.Clone(on), func(r string) bool { return slices.Contains(covered, r) })
	switch {
	case len(on) == 0:
		return "all others are not covered"
	case len(left) == 0:
		return "no other is switched on"
	}
	return "not covered: " + strings.Join(left, ", ")
}

// alone refuses a second hub in the account: the roles, which are global, are the first one's.
func (c Checks) alone(ctx context.Context, on []string) error {
	here, err := c.Stacks(c.Place.Region).Look(ctx, c.Place.HubStack())
	if err == nil {
		err = ownHub(here)
	}
	if err != nil || here.Exists() {
		return err
	}
	name := c.Place.Home.Name(names.FunctionRole)
	_, err = c.Roles.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	var missing *roles.NoSuchEntityException
	if errors.As(err, &missing) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for role %s: %w", name, err)
	}
	for _, region := range on {
		if region == c.Place.Region {
			continue
		}
		s, err := c.Stacks(region).Look(ctx, c.Place.HubStack())
		if err == nil && s.Exists() {
			return fault.New(fault.Refused, "account %s has a hub in Region %s, and a partition has one that is active: go on "+
				"with that one (AWS_REGION=%s), or remove it first with salve destroy", c.Place.Account, region, region)
		}
	}
	return fault.New(fault.Refused, "account %s has the role %s, but no stack %s here: a hub in another Region has it, "+
		"or it was left behind; remove that hub with salve destroy, or the role, and run this again", c.Place.Account, name,
		c.Place.HubStack())
}
