package enable

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/salve-security/salve/internal/fault"
)

// Some services do not name their administrator themselves: AWS Organizations has to trust them and to register him.
// That holds for all Regions at once.

func (e Env) organizations() (*organizations.Client, error) {
	return opened(e.management, organizations.NewFromConfig)
}

// trust is the step that services may act in the organization.
func (e Env) trust(principals ...string) Step {
	want := strings.Join(principals, ", ")
	return Step{Name: "trusted access", Want: want, Look: func(ctx context.Context) (Reading, error) {
		client, err := e.organizations()
		if err != nil {
			return Reading{}, err
		}
		trusted, err := trustedBy(ctx, client)
		if err != nil {
			return Reading{}, err
		}
		missing := without(principals, trusted)
		return Reading{
			Right: len(missing) == 0, Is: orNone(without(principals, missing)),
			Stays: "what it was given for may be in use: take it back with aws organizations disable-aws-service-access",
			Set: func(ctx context.Context) error {
				for _, principal := range missing {
					_, err := client.EnableAWSServiceAccess(ctx, &organizations.EnableAWSServiceAccessInput{
						ServicePrincipal: &principal,
					})
					if err != nil {
						return fmt.Errorf("let %s act in the organization: %w", principal, constrained(err))
					}
				}
				return nil
			},
		}, nil
	}}
}

// trustedBy are the principals of the services that may act in the organization.
func trustedBy(ctx context.Context, client *organizations.Client) ([]string, error) {
	var all []string
	pages := organizations.NewListAWSServiceAccessForOrganizationPaginator(client,
		&organizations.ListAWSServiceAccessForOrganizationInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("services that the organization trusts: %w", constrained(err))
		}
		for _, s := range page.EnabledServicePrincipals {
			all = append(all, aws.ToString(s.ServicePrincipal))
		}
	}
	return all, nil
}

// register is the step that AWS Organizations has the administrator of services. It is taken back at home, at the end,
// unless somebody else's depends on it.
func (e Env) register(look held, principals ...string) Step {
	const name = delegated
	return Step{Name: name, Want: e.Wish.Administrator, Look: func(ctx context.Context) (Reading, error) {
		client, err := e.organizations()
		if err != nil {
			return Reading{}, err
		}
		var missing, registered []string
		for _, principal := range principals {
			there, err := registeredFor(ctx, client, principal)
			switch {
			case err != nil:
				return Reading{}, err
			case slices.Contains(there, e.Wish.Administrator):
				registered = append(registered, principal)
			case len(there) > 0:
				return Reading{}, anotherIs(there[0])
			default:
				missing = append(missing, principal)
			}
		}
		if e.Wish.Administrator == e.Organization.Management {
			return Reading{Right: true, Is: "the management account", Stays: "the management account needs no delegation"}, nil
		}
		r := Reading{Right: len(missing) == 0, Is: "none", Stays: "there is none", Set: func(ctx context.Context) error {
			return e.registerFor(ctx, client, missing)
		}}
		if len(registered) == 0 {
			return r, nil
		}
		r.Is, r.Stays = e.Wish.Administrator, "it holds for all Regions and is taken back in "+e.Wish.Home
		if !r.Right {
			r.Is += " for " + strings.Join(registered, ", ")
		}
		if e.Home() {
			r.Back = func(ctx context.Context) error { return e.deregister(ctx, client, registered) }
			r.Held = e.everywhere(look)
		}
		return r, nil
	}}
}

// registeredFor are the accounts that are delegated a service by AWS Organizations.
func registeredFor(ctx context.Context, client *organizations.Client, principal string) ([]string, error) {
	var there []string
	pages := organizations.NewListDelegatedAdministratorsPaginator(client, &organizations.ListDelegatedAdministratorsInput{
		ServicePrincipal: &principal,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("delegated administrators of %s: %w", principal, constrained(err))
		}
		for _, a := range page.DelegatedAdministrators {
			there = append(there, aws.ToString(a.Id))
		}
	}
	return there, nil
}

func (e Env) registerFor(ctx context.Context, client *organizations.Client, principals []string) error {
	for _, principal := range principals {
		_, err := client.RegisterDelegatedAdministrator(ctx, &organizations.RegisterDelegatedAdministratorInput{
			AccountId: &e.Wish.Administrator, ServicePrincipal: &principal,
		})
		var there *types.AccountAlreadyRegisteredException // by another Region of this run
		if err != nil && !errors.As(err, &there) {
			return fmt.Errorf("delegate %s: %w", principal, constrained(err))
		}
	}
	return nil
}

func (e Env) deregister(ctx context.Context, client *organizations.Client, principals []string) error {
	for _, principal := range principals {
		_, err := client.DeregisterDelegatedAdministrator(ctx, &organizations.DeregisterDelegatedAdministratorInput{
			AccountId: &e.Wish.Administrator, ServicePrincipal: &principal,
		})
		var none *types.AccountNotRegisteredException
		if err != nil && !errors.As(err, &none) {
			return fmt.Errorf("take the delegation of %s back: %w", principal, constrained(err))
		}
	}
	return nil
}

// constrained says what to do about a limit of AWS Organizations. No waiting cures them.
func constrained(err error) error {
	var c *types.ConstraintViolationException
	if !errors.As(err, &c) {
		return err
	}
	advice := map[types.ConstraintViolationExceptionReason]string{
		"DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE": "another account is delegated the service: name it as " +
			"administrator, or deregister it first",
		"MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED": "the service has as many delegated administrators as " +
			"it may: deregister one first",
		"CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR": "the management account cannot be delegated anything: name " +
			"another administrator",
		"CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR": "the administrator's account is suspended: name " +
			"another, or have it opened again",
		"SERVICE_ACCESS_NOT_ENABLED": "the organization does not trust the service: enable trusted access first",
	}[c.Reason]
	if advice == "" {
		return fault.Wrap(fault.Refused, err)
	}
	return fault.Wrap(fault.Refused, fmt.Errorf("%s: %w", advice, err))
}

// linkedRole is the step that an account has the role that a service acts by: from the administrator's account the
// service cannot make it in the management account.
func (e Env) linkedRole(name, principal string, open func() (aws.Config, error)) Step {
	return Step{Name: name, Want: "the role of " + principal, Look: func(ctx context.Context) (Reading, error) {
		cfg, err := open()
		if err != nil {
			return Reading{}, err
		}
		there, err := linked(ctx, cfg, principal)
		if err != nil {
			return Reading{}, err
		}
		if there {
			return Reading{Right: true, Is: "there", Stays: "it is AWS's role and goes with the service"}, nil
		}
		return Reading{Is: "none", Stays: "there is none", Set: func(ctx context.Context) error {
			return link(ctx, cfg, principal)
		}}, nil
	}}
}

// linked tells whether an account has a service's own role. It is known by its path, which the principal is part of.
func linked(ctx context.Context, cfg aws.Config, principal string) (bool, error) {
	pages := iam.NewListRolesPaginator(iam.NewFromConfig(cfg), &iam.ListRolesInput{
		PathPrefix: aws.String("/aws-service-role/" + principal + "/"),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, fmt.Errorf("role of %s: %w", principal, err)
		}
		if len(page.Roles) > 0 {
			return true, nil
		}
	}
	return false, nil
}

// link makes a service's own role. IAM says of one that is there that the request is invalid.
func link(ctx context.Context, cfg aws.Config, principal string) error {
	_, err := iam.NewFromConfig(cfg).CreateServiceLinkedRole(ctx, &iam.CreateServiceLinkedRoleInput{
		AWSServiceName: &principal,
	})
	var invalid *iamtypes.InvalidInputException
	if errors.As(err, &invalid) {
		if there, look := linked(ctx, cfg, principal); look == nil && there {
			return nil
		}
	}
	return wrap("make the role of "+principal, err)
}

// orNone lists what there is.
func orNone(there []string) string {
	if len(there) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(slices.Values(there)), ", ")
}
