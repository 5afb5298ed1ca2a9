package enable

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/salve-security/salve/internal/fault"
)

// What Salve makes for AWS Config in the administrator's account.
const (
	aggregatorName = "salve-organization"
	aggregatorRole = "salve-config-aggregator"
)

// The two faces of AWS Config in AWS Organizations: data, and what is rolled out to accounts.
const (
	configPrincipal = "config.amazonaws.com"
	configSetup     = "config-multiaccountsetup.amazonaws.com"
)

// config is AWS Config: an aggregator of the whole organization in the home Region, and recorders where they are asked
// for.
// Source: AWS Config Developer Guide, setting up an aggregator, and registering a delegated administrator.
type config struct{}

// Name implements Service.
func (config) Name() string { return "config" }

// Policy implements Service.
func (config) Policy() string { return "" }

// Steps implements Service.
func (config) Steps(e Env) []Step {
	c := configIn{e}
	var steps []Step
	if e.Home() {
		steps = append(steps, e.trust(configPrincipal, configSetup), e.register(othersConfig, configPrincipal, configSetup))
		steps = append(steps, c.role(), c.aggregator())
	}
	if e.Wish.Services.Config.Recorders {
		steps = append(steps, priced(recorderPrice(), c.recorders())...)
	}
	return steps
}

// configIn is AWS Config in one Region.
type configIn struct{ Env }

func (c configIn) client() (*configservice.Client, error) {
	return opened(c.administrator, configservice.NewFromConfig)
}

// sources are the aggregators that the administrator has of an organization.
func (c configIn) sources(ctx context.Context) ([]types.ConfigurationAggregator, error) {
	client, err := c.client()
	if err != nil {
		return nil, err
	}
	var all []types.ConfigurationAggregator
	pages := configservice.NewDescribeConfigurationAggregatorsPaginator(client,
		&configservice.DescribeConfigurationAggregatorsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("aggregators: %w", err)
		}
		for _, a := range page.ConfigurationAggregators {
			if a.OrganizationAggregationSource != nil {
				all = append(all, a)
			}
		}
	}
	return all, nil
}

// covers tells whether an aggregator has what was asked for: every Region, or those of the document.
func (c configIn) covers(a types.ConfigurationAggregator) bool {
	from := a.OrganizationAggregationSource
	if f := a.AggregatorFilters; f != nil && (f.ResourceType != nil || f.ServicePrincipal != nil) {
		return false
	}
	return from.AllAwsRegions || len(c.Wish.Regions) > 0 && len(without(c.Wish.Regions, from.AwsRegions)) == 0
}

// aggregator is the step that what AWS Config knows of all accounts comes together. Any that covers it is right; one of
// somebody else's that covers less is left, and Salve's stands beside it.
func (c configIn) aggregator() Step {
	const want = "the organization, all Regions"
	return Step{Name: "aggregator", Want: want, Look: func(ctx context.Context) (Reading, error) {
		all, err := c.sources(ctx)
		if err != nil {
			return Reading{}, err
		}
		r := Reading{Is: "none", Stays: "there is none", Set: c.aggregate}
		for _, a := range all {
			name := aws.ToString(a.ConfigurationAggregatorName)
			if r.Is = name; name == aggregatorName {
				r.Back = c.scatter
			}
			r.Stays = "it is not Salve's"
			if c.covers(a) {
				r.Right = true
				return r, nil
			}
			r.Is += ", which covers less"
		}
		return r, nil
	}}
}

func (c configIn) aggregate(ctx context.Context) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	_, err = client.PutConfigurationAggregator(ctx, &configservice.PutConfigurationAggregatorInput{
		ConfigurationAggregatorName: aws.String(aggregatorName),
		OrganizationAggregationSource: &types.OrganizationAggregationSource{
			RoleArn: aws.String(c.roleARN(c.Wish.Administrator, aggregatorRole)), AllAwsRegions: true,
		},
	})
	return wrap("make the aggregator", err)
}

func (c configIn) scatter(ctx context.Context) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	_, err = client.DeleteConfigurationAggregator(ctx, &configservice.DeleteConfigurationAggregatorInput{
		ConfigurationAggregatorName: aws.String(aggregatorName),
	})
	return wrap("delete the aggregator", err)
}

func (c configIn) roleARN(account, name string) string {
	return "arn:" + c.Organization.Partition + ":iam::" + account + ":role/" + name
}

// readsOrganization is AWS's policy for a role that tells AWS Config which accounts there are.
func (c configIn) readsOrganization() string {
	return "arn:" + c.Organization.Partition + ":iam::aws:policy/service-role/AWSConfigRoleForOrganizations"
}

// trustsConfig is who may assume the role.
const trustsConfig = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",` +
	`"Principal":{"Service":"` + configPrincipal + `"}}]}`

// role is the step that AWS Config has a role by which it learns which accounts there are. An aggregator that is there
// brings its own.
func (c configIn) role() Step {
	want := aggregatorRole + " with AWSConfigRoleForOrganizations"
	return Step{Name: "role of the aggregator", Want: want, Look: func(ctx context.Context) (Reading, error) {
		all, err := c.sources(ctx)
		if err != nil {
			return Reading{}, err
		}
		own := c.roleARN(c.Wish.Administrator, aggregatorRole)
		for _, a := range all {
			if arn := aws.ToString(a.OrganizationAggregationSource.RoleArn); c.covers(a) && arn != own {
				return Reading{Right: true, Is: arn, Stays: "it is that of an aggregator which is not Salve's"}, nil
			}
		}
		cfg, err := c.administrator()
		if err != nil {
			return Reading{}, err
		}
		client := iam.NewFromConfig(cfg)
		there, attached, err := c.roleIs(ctx, client)
		if err != nil {
			return Reading{}, err
		}
		set := func(ctx context.Context) error { return c.makeRole(ctx, client, there) }
		if !there {
			return Reading{Is: "none", Stays: "there is none", Set: set}, nil
		}
		r := Reading{Right: slices.Contains(attached, c.readsOrganization()), Is: aggregatorRole, Set: set}
		if !r.Right {
			r.Is += " without the policy"
		}
		r.Back = func(ctx context.Context) error { return c.dropRole(ctx, client) }
		return r, nil
	}}
}

// roleIs tells whether the role is there, and the policies that are attached to it.
func (c configIn) roleIs(ctx context.Context, client *iam.Client) (there bool, attached []string, err error) {
	pages := iam.NewListAttachedRolePoliciesPaginator(client, &iam.ListAttachedRolePoliciesInput{
		RoleName: aws.String(aggregatorRole),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if fault.Of(err) == fault.Gone {
			return false, nil, nil
		}
		if err != nil {
			return false, nil, fmt.Errorf("role %s: %w", aggregatorRole, err)
		}
		for _, p := range page.AttachedPolicies {
			attached = append(attached, aws.ToString(p.PolicyArn))
		}
	}
	return true, attached, nil
}

func (c configIn) makeRole(ctx context.Context, client *iam.Client, there bool) error {
	if !there {
		_, err := client.CreateRole(ctx, &iam.CreateRoleInput{
			RoleName: aws.String(aggregatorRole), AssumeRolePolicyDocument: aws.String(trustsConfig),
			Description: aws.String("Tells AWS Config which accounts the organization has; made by salve org enable"),
		})
		var made *iamtypes.EntityAlreadyExistsException // by somebody else, a moment ago
		if err != nil && !errors.As(err, &made) {
			return fmt.Errorf("make the role %s: %w", aggregatorRole, err)
		}
	}
	_, err := client.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{
		RoleName: aws.String(aggregatorRole), PolicyArn: aws.String(c.readsOrganization()),
	})
	return wrap("let the role "+aggregatorRole+" read the organization", err)
}

// dropRole does not take away what an aggregator still uses.
func (c configIn) dropRole(ctx context.Context, client *iam.Client) error {
	all, err := c.sources(ctx)
	if err != nil {
		return err
	}
	for _, a := range all {
		if aws.ToString(a.OrganizationAggregationSource.RoleArn) == c.roleARN(c.Wish.Administrator, aggregatorRole) {
			return fault.New(fault.Refused, "the aggregator %s uses the role %s", aws.ToString(a.ConfigurationAggregatorName),
				aggregatorRole)
		}
	}
	_, err = client.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{
		RoleName: aws.String(aggregatorRole), PolicyArn: aws.String(c.readsOrganization()),
	})
	if err != nil && fault.Of(err) != fault.Gone {
		return fmt.Errorf("take the policy from the role %s: %w", aggregatorRole, err)
	}
	_, err = client.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String(aggregatorRole)})
	return wrap("delete the role "+aggregatorRole, err)
}

// Accounts implements Service.
func (config) Accounts(ctx context.Context, e Env) ([]AccountState, error) {
	c := configIn{e}
	on, there := []string{}, map[string]string{}
	if e.Home() {
		all, err := c.sources(ctx)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(all, c.covers) {
			on = []string{"aggregated"}
		}
	}
	for _, a := range e.Organization.Accounts {
		if len(on) > 0 {
			there[a.ID] = "aggregated"
		}
		if !e.Wish.Services.Config.Recorders {
			continue
		}
		is, err := c.recording(ctx, a.ID)
		if err != nil {
			there[a.ID] = "not to be read"
			continue
		}
		there[a.ID] = is.String()
	}
	return e.states(there, func(string) []string { return on }), nil
}
