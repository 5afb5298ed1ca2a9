package resource

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/salve-security/salve/internal/enable"
	"github.com/salve-security/salve/internal/fault"
)

// How long IAM gets to know a role that was made seconds ago, and how often it is asked.
const (
	newRole = time.Minute
	askRole = 5 * time.Second
)

// begin reads the organization and the Regions, as salve org enable does, and refuses what cannot be right.
func (h Handler) begin(ctx context.Context, wish enable.Wish, open enable.Opener) (*enable.Run, error) {
	cfg, err := open.As(h.Account, h.Region)
	if err != nil {
		return nil, fmt.Errorf("the own account: %w", err)
	}
	organization, err := h.organization(ctx, cfg)
	if err != nil {
		return nil, err
	}
	switch {
	case wish.Administrator == h.Account:
		return nil, fault.New(fault.Refused, "the management account as administrator is not for a stack, whose role may "+
			"not do what administrators do: name another account, or use salve org enable")
	case !organization.Has(wish.Administrator):
		return nil, fault.New(fault.Refused, "administrator %s is no active account of the organization %s",
			wish.Administrator, organization.ID)
	}
	regions, err := h.regions(ctx, organization, wish, open)
	if err != nil {
		return nil, err
	}
	return &enable.Run{
		Organization: organization, Wish: wish, Regions: regions, Open: open, Services: h.Services, Report: h.Log,
		Now: h.Now, Sleep: h.Sleep,
	}, nil
}

// organization reads it, unless another account manages it. A stack calls its function moments after it has made the
// role, when IAM may not know it yet.
func (h Handler) organization(ctx context.Context, cfg aws.Config) (enable.Organization, error) {
	for until := h.Now().Add(newRole); ; {
		o, err := enable.Read(ctx, cfg)
		if o.Management != "" && o.Management != h.Account {
			return o, fault.New(fault.Refused, "this stack is in account %s: deploy it in the management account of the "+
				"organization, %s", h.Account, o.Management)
		}
		if fault.Of(err) != fault.Denied || h.Now().Add(askRole).After(until) || h.Sleep(ctx, askRole) != nil {
			return o, err
		}
	}
}

// regions are those that are enabled in both accounts, or the ones that are asked for, if they are.
func (h Handler) regions(
	ctx context.Context, o enable.Organization, wish enable.Wish, open enable.Opener,
) ([]string, error) {
	both, _, err := o.Common(ctx, open, wish)
	var off enable.NotEnabled
	if errors.As(err, &off) {
		return nil, fault.New(fault.Refused, "Region %q is not enabled in account %s: enable it there, or leave it out; "+
			"there are %s", off.Region, off.Account, strings.Join(off.Enabled, ", "))
	}
	return slices.DeleteFunc(both, func(region string) bool {
		return len(wish.Regions) > 0 && !slices.Contains(wish.Regions, region)
	}), err
}
