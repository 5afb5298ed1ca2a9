package enable

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/hub"
)

// policyName is the policy of Security Hub that Salve makes for the whole organization.
const policyName = "salve"

// centrally is the step that Security Hub is configured by policies. It works from a home Region that nobody has to
// enable first, and not with the management account as administrator.
func (h hubIn) centrally() Step {
	return Step{
		Name:     "central configuration",
		Want:     "on",
		ByPolicy: true,
		Look: func(ctx context.Context) (Reading, error) {
			if h.Wish.Administrator == h.Organization.Management {
				return Reading{}, fault.New(fault.Refused, "the management account cannot configure Security Hub centrally: name "+
					"another administrator, or say configuration: local")
			}
			client, err := h.client(h.administrator)
			if err != nil {
				return Reading{}, err
			}
			out, err := client.DescribeOrganizationConfiguration(ctx, &securityhub.DescribeOrganizationConfigurationInput{})
			if err != nil {
				return Reading{}, fmt.Errorf("organization configuration of Security Hub: %w", err)
			}
			var is types.OrganizationConfiguration
			if out.OrganizationConfiguration != nil {
				is = *out.OrganizationConfiguration
			}
			r := Reading{
				Is: strings.ToLower(string(is.ConfigurationType)), Price: securityHubPrice(),
				Stays: "accounts would keep what they have and lose who configures it: go back in the console of Security Hub",
				Set: func(ctx context.Context) error {
					_, err := client.UpdateOrganizationConfiguration(ctx, &securityhub.UpdateOrganizationConfigurationInput{
						AutoEnable: aws.Bool(false), AutoEnableStandards: types.AutoEnableStandardsNone,
						OrganizationConfiguration: &types.OrganizationConfiguration{
							ConfigurationType: types.OrganizationConfigurationConfigurationTypeCentral,
						},
					})
					return wrap("configure Security Hub centrally", err)
				},
			}
			if is.ConfigurationType != types.OrganizationConfigurationConfigurationTypeCentral {
				return r, nil
			}
			switch is.Status {
			case types.OrganizationConfigurationStatusEnabled:
				r.Right = true
			case types.OrganizationConfigurationStatusPending:
				r.Is, r.Set = "pending", func(context.Context) error { return nil } // AWS is at it
			case types.OrganizationConfigurationStatusFailed:
				r.Is = "failed: " + aws.ToString(is.StatusMessage)
			}
			return r, nil
		},
	}
}

// policy is the step that Salve's policy is there, with at least the standards that were chosen.
func (h hubIn) policy() Step {
	wanted := h.standardARNs()
	return Step{
		Name: "configuration policy", Want: strings.Join(h.Wish.Services.SecurityHub.Standards, ", "), ByPolicy: true,
		Look: func(ctx context.Context) (Reading, error) {
			client, err := h.client(h.administrator)
			if err != nil {
				return Reading{}, err
			}
			id, err := ownPolicy(ctx, client)
			if err != nil {
				return Reading{}, err
			}
			if id == "" {
				return Reading{Is: "none", Price: securityHubPrice(), Stays: "there is none", Set: func(ctx context.Context) error {
					_, err := client.CreateConfigurationPolicy(ctx, &securityhub.CreateConfigurationPolicyInput{
						Name: aws.String(policyName), Description: aws.String("What salve org enable chose"),
						ConfigurationPolicy: &types.PolicyMemberSecurityHub{Value: types.SecurityHubPolicy{
							ServiceEnabled: aws.Bool(true), EnabledStandardIdentifiers: wanted,
							SecurityControlsConfiguration: &types.SecurityControlsConfiguration{
								DisabledSecurityControlIdentifiers: []string{},
							},
						}},
					})
					return wrap("make a configuration policy", err)
				}}, nil
			}
			out, err := client.GetConfigurationPolicy(ctx, &securityhub.GetConfigurationPolicyInput{Identifier: &id})
			if err != nil {
				return Reading{}, fmt.Errorf("configuration policy %s: %w", id, err)
			}
			member, ok := out.ConfigurationPolicy.(*types.PolicyMemberSecurityHub)
			if !ok {
				return Reading{}, fault.New(fault.Unknown, "configuration policy %s is not about Security Hub", id)
			}
			has := member.Value
			missing := without(wanted, has.EnabledStandardIdentifiers)
			return Reading{
				Right: len(missing) == 0 && aws.ToBool(has.ServiceEnabled), Is: shortARNs(has.EnabledStandardIdentifiers),
				Price: securityHubPrice(), Stays: "accounts have their standards from it",
				Set: func(ctx context.Context) error {
					has.ServiceEnabled = aws.Bool(true)
					has.EnabledStandardIdentifiers = append(has.EnabledStandardIdentifiers, missing...)
					_, err := client.UpdateConfigurationPolicy(ctx, &securityhub.UpdateConfigurationPolicyInput{
						Identifier: &id, ConfigurationPolicy: &types.PolicyMemberSecurityHub{Value: has},
					})
					return wrap("add standards to the configuration policy", err)
				},
			}, nil
		},
	}
}

func shortARNs(arns []string) string {
	var names []string
	for _, arn := range arns {
		_, short, _ := strings.Cut(arn, "/")
		names = append(names, short)
	}
	return strings.Join(names, ", ")
}

// ownPolicy is the id of the policy that Salve made, "" where there is none.
func ownPolicy(ctx context.Context, client *securityhub.Client) (string, error) {
	pages := securityhub.NewListConfigurationPoliciesPaginator(client, &securityhub.ListConfigurationPoliciesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", fmt.Errorf("configuration policies: %w", err)
		}
		for _, p := range page.ConfigurationPolicySummaries {
			if aws.ToString(p.Name) == policyName {
				return aws.ToString(p.Id), nil
			}
		}
	}
	return "", nil
}

// association is the step that the policy holds for the root, and so for every account that has none of its own.
func (h hubIn) association() Step {
	target := &types.TargetMemberRootId{Value: h.Organization.Root}
	return Step{
		Name:     "policy for the whole organization",
		Want:     policyName,
		ByPolicy: true,
		Look: func(ctx context.Context) (Reading, error) {
			client, err := h.client(h.administrator)
			if err != nil {
				return Reading{}, err
			}
			own, err := ownPolicy(ctx, client)
			if err != nil {
				return Reading{}, err
			}
			set := func(ctx context.Context) error {
				_, err := client.StartConfigurationPolicyAssociation(ctx, &securityhub.StartConfigurationPolicyAssociationInput{
					ConfigurationPolicyIdentifier: &own, Target: target,
				})
				return wrap("have the policy hold for the organization", err)
			}
			if own == "" {
				return Reading{}, fault.New(fault.Retry, "there is no policy of Salve's yet")
			}
			out, err := client.GetConfigurationPolicyAssociation(
				ctx,
				&securityhub.GetConfigurationPolicyAssociationInput{Target: target},
			)
			var none *types.ResourceNotFoundException
			if errors.As(err, &none) {
				return Reading{Is: "none", Set: set, Price: securityHubPrice(), Stays: "there is none"}, nil
			}
			if err != nil {
				return Reading{}, fmt.Errorf("policy of the organization's root: %w", err)
			}
			return h.holds(client, out, own, set)
		},
	}
}

// holds says what the association means.
func (h hubIn) holds(
	client *securityhub.Client, out *securityhub.GetConfigurationPolicyAssociationOutput, own string,
	set func(context.Context) error,
) (Reading, error) {
	if id := aws.ToString(out.ConfigurationPolicyId); id != own && id != "SELF_MANAGED_SECURITY_HUB" {
		return Reading{
			Left: "another policy holds for the root: " + id + "; add the standards there, or take it off first",
		}, nil
	} else if id != own {
		return Reading{Is: "self-managed", Set: set, Price: securityHubPrice(), Stays: "it is not associated"}, nil
	}
	r := Reading{
		Is: strings.ToLower(string(out.AssociationStatus)), Set: set,
		Back: func(ctx context.Context) error {
			_, err := client.StartConfigurationPolicyDisassociation(
				ctx,
				&securityhub.StartConfigurationPolicyDisassociationInput{
					ConfigurationPolicyIdentifier: &own, Target: &types.TargetMemberRootId{Value: h.Organization.Root},
				},
			)
			return wrap("take the policy from the organization", err)
		},
	}
	switch out.AssociationStatus {
	case types.ConfigurationPolicyAssociationStatusSuccess:
		r.Right = true
	case types.ConfigurationPolicyAssociationStatusPending:
		r.Set = func(context.Context) error { return nil } // AWS is at it
	case types.ConfigurationPolicyAssociationStatusFailed:
		r.Is = "failed: " + aws.ToString(out.AssociationStatusMessage)
	}
	return r, nil
}

// associated are the policies that hold in each account.
func (h hubIn) associated(ctx context.Context) (map[string][]string, error) {
	if h.Seen != nil && h.Seen.policies != nil {
		return h.Seen.policies, nil
	}
	on := map[string][]string{}
	client, err := h.client(func() (aws.Config, error) { return h.Open.As(h.Wish.Administrator, h.Wish.Home) })
	if err != nil {
		return nil, err
	}
	pages := securityhub.NewListConfigurationPolicyAssociationsPaginator(client,
		&securityhub.ListConfigurationPolicyAssociationsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("policies of accounts: %w", err)
		}
		for _, s := range page.ConfigurationPolicyAssociationSummaries {
			if s.TargetType == types.TargetTypeAccount {
				on[aws.ToString(s.TargetId)] = []string{
					"policy " + aws.ToString(s.ConfigurationPolicyId) + " " + strings.ToLower(string(s.AssociationStatus)),
				}
			}
		}
	}
	if h.Seen != nil {
		h.Seen.policies = on
	}
	return on, nil
}

// buttons is the step that Salve's custom actions are in the menu of Security Hub.
func (h hubIn) buttons() Step {
	return Step{
		Name: "custom actions",
		Want: "Remediate, Salve: plan, Salve: undo",
		Look: func(ctx context.Context) (Reading, error) {
			client, err := h.client(h.administrator)
			if err != nil {
				return Reading{}, err
			}
			all, err := hub.Actions(ctx, client)
			if err != nil {
				return Reading{}, err
			}
			var there []string
			for _, a := range all {
				if a.State == hub.ActionThere {
					there = append(there, a.Name)
				}
			}
			return Reading{
				Right: len(there) == len(all), Is: strings.Join(there, ", "),
				Stays: "salve actions delete takes them away",
				Set: func(ctx context.Context) error {
					for _, a := range all {
						if err := a.Make(ctx, client); err != nil {
							return err
						}
					}
					return nil
				},
			}, nil
		},
	}
}
