package account_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"

	playbook "github.com/salve-security/salve/functions/playbooks/account"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

func team() map[string]any {
	return map[string]any{
		"contactName": "Security team", "contactTitle": "On call", "contactEmail": "security@example.com",
		"contactPhone": "+49 30 1234567",
	}
}

// put is somebody who writes another contact.
func put(of types.AlternateContactType) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, _ string) {
		t.Helper()
		playbooktest.Got(account.NewFromConfig(root).PutAlternateContact(ctx, &account.PutAlternateContactInput{
			AlternateContactType: of, Name: aws.String("Eve"), Title: aws.String("CFO"), PhoneNumber: aws.String("1"),
			EmailAddress: aws.String("eve@example.com"),
		}))(t)
	}
}

func TestSecurityContact(t *testing.T) {
	c := playbook.SecurityContact()[0]
	kinds := []types.AlternateContactType{types.AlternateContactTypeSecurity, types.AlternateContactTypeBilling}
	playbooktest.Run(t, playbooktest.Suite{
		Control: c, Params: playbooktest.Got(c.Resolve(team()))(t),
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			t.Helper()
			for _, of := range kinds {
				_, err := account.NewFromConfig(root).DeleteAlternateContact(ctx, &account.DeleteAlternateContactInput{
					AlternateContactType: of,
				})
				playbooktest.Done(t, err)
			}
			return playbooktest.DefaultAccountID
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, _ string) any {
			t.Helper()
			seen := map[types.AlternateContactType]types.AlternateContact{}
			for _, of := range kinds {
				out, err := account.NewFromConfig(root).GetAlternateContact(ctx, &account.GetAlternateContactInput{
					AlternateContactType: of,
				})
				if fault.Of(err) != fault.Gone {
					seen[of] = *playbooktest.Got(out, err)(t).AlternateContact
				}
			}
			return seen
		},
		Disturb: put(types.AlternateContactTypeSecurity), Unrelated: put(types.AlternateContactTypeBilling),
	})
}

// Any contact passes. Where there is none and a parameter is missing nothing is made up.
func TestLineOfContacts(t *testing.T) {
	answers := func(c *types.AlternateContact, err error) playbooktest.StandIn {
		return playbooktest.StandIn{"GetAlternateContact": func(any) (any, error) {
			return &account.GetAlternateContactOutput{AlternateContact: c}, err
		}}
	}
	none := answers(nil, &types.ResourceNotFoundException{})
	shapes := map[string]playbooktest.Shape{
		"one":              {Answers: answers(&types.AlternateContact{Name: aws.String("Eve")}, nil)},
		"one without name": {Answers: answers(&types.AlternateContact{Title: aws.String("CFO")}, nil)},
		"none":             {Answers: none, Params: team(), Fails: true},
		"nobody is named": {
			Answers: none, Class: fault.Refused, Words: []string{"contactName, contactTitle, contactEmail, contactPhone"},
		},
		"no answer": {Answers: answers(nil, nil), Class: fault.Invalid},
		"no rights": {Answers: answers(nil, &types.AccessDeniedException{}), Class: fault.Denied},
	}
	for _, missing := range []string{"contactName", "contactTitle", "contactEmail", "contactPhone"} {
		params := team()
		params[missing] = ""
		shapes["no "+missing] = playbooktest.Shape{
			Answers: none, Params: params, Class: fault.Refused, Words: []string{missing},
		}
	}
	playbooktest.Judged(t, playbook.SecurityContact()[0], playbooktest.DefaultAccountID, shapes)
}

func TestContactsAreChecked(t *testing.T) {
	for name, value := range map[string]string{
		"contactEmail": "no address", "contactPhone": "call me", "contactTitle": string(make([]byte, 51)),
	} {
		if _, err := playbook.SecurityContact()[0].Resolve(map[string]any{name: value}); err == nil {
			t.Errorf("%s takes %q", name, value)
		}
	}
}
