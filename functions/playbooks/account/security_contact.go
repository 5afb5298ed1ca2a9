// Package account holds the playbooks for AWS Account Management.
package account

import (
	"context"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// contact is whom AWS tells about the security of an account.
type contact struct{ Name, Title, Email, Phone string }

// The parameters with the contact.
const (
	paramName  = "contactName"
	paramTitle = "contactTitle"
	paramEmail = "contactEmail"
	paramPhone = "contactPhone"
)

// SecurityContact returns the control that tells AWS whom to ask about the security of an account.
func SecurityContact() []control.Control {
	return []control.Control{kind.Setting[*contact]{
		Name: "SecurityContact", Get: readContact, Want: wantContact, Set: writeContact,
	}.Control(control.Info{
		ID: "Account.1",
		Effect: "AWS writes to the contact about the security of the account, beside the root user's address. Nobody who " +
			"uses the account notices.",
		Fails: control.Fails{
			When: "The account has no alternate contact for security. Whom it names does not matter.",
			Rule: "security-account-information-provided",
		},
		Impact:  control.ImpactNone,
		Pattern: regexp.MustCompile(`^AWS::::Account:(\d{12})$`),
		Params: []control.Param{
			text(paramName, "Name of the security contact, up to 64 characters. No default: nobody else knows whom to ask.",
				`^.{0,64}$`, "a name, or nothing"),
			text(paramTitle, "Title of the security contact, up to 50 characters, such as CISO.", `^.{0,50}$`,
				"a title, or nothing"),
			text(paramEmail, "Mail address of the security contact, one that several people read.",
				`^([\w+=.#!&-]+@[\w.-]+\.\w+)?$`, "a mail address, or nothing"),
			text(paramPhone, "Telephone number of the security contact.", `^[\s0-9()+-]{0,25}$`,
				"a telephone number, or nothing"),
		},
		Actions:     []string{"account:GetAlternateContact", "account:PutAlternateContact"},
		UndoActions: []string{"account:DeleteAlternateContact"},
		Narrow: func(env control.Env) []string {
			return []string{env.Target.GlobalARN("account", "account")}
		},
	})}
}

func text(name, meaning, pattern, form string) control.Param {
	return control.Param{Name: name, Meaning: meaning, Default: "", Pattern: regexp.MustCompile(pattern), Form: form}
}

func readContact(ctx context.Context, env control.Env) (*contact, error) {
	out, err := account.NewFromConfig(env.Config).GetAlternateContact(ctx, &account.GetAlternateContactInput{
		AlternateContactType: types.AlternateContactTypeSecurity,
	})
	if fault.Of(err) == fault.Gone {
		return nil, nil //nolint:nilnil // no contact, not no account
	}
	if err != nil {
		return nil, err
	}
	c, err := kind.Answered(out.AlternateContact, "GetAlternateContact", "a contact")
	if err != nil {
		return nil, err
	}
	return &contact{
		aws.ToString(c.Name), aws.ToString(c.Title), aws.ToString(c.EmailAddress), aws.ToString(c.PhoneNumber),
	}, nil
}

// wantContact leaves a contact that is there, whoever it is.
func wantContact(now *contact, env control.Env) (*contact, error) {
	if now != nil {
		return now, nil
	}
	var missing []string
	for _, name := range []string{paramName, paramTitle, paramEmail, paramPhone} {
		if strings.TrimSpace(env.Params.Text(name)) == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return nil, fault.New(fault.Refused, "say whom AWS should ask about the security of the account: the control "+
			"lacks %s", strings.Join(missing, ", "))
	}
	return &contact{
		env.Params.Text(paramName), env.Params.Text(paramTitle), env.Params.Text(paramEmail), env.Params.Text(paramPhone),
	}, nil
}

func writeContact(ctx context.Context, env control.Env, to *contact) error {
	client := account.NewFromConfig(env.Config)
	if to == nil {
		_, err := client.DeleteAlternateContact(ctx, &account.DeleteAlternateContactInput{
			AlternateContactType: types.AlternateContactTypeSecurity,
		})
		if fault.Of(err) == fault.Gone {
			return nil
		}
		return err
	}
	_, err := client.PutAlternateContact(ctx, &account.PutAlternateContactInput{
		AlternateContactType: types.AlternateContactTypeSecurity,
		Name:                 &to.Name, Title: &to.Title, EmailAddress: &to.Email, PhoneNumber: &to.Phone,
	})
	return err
}
