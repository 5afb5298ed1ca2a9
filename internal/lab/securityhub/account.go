package securityhub

import (
	"context"
	"fmt"
	"strings"
)

// partition is the partition a Region belongs to.
func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	default:
		return "aws"
	}
}

// hubARN names the hub resource of an account in a Region.
func hubARN(c caller) string {
	return fmt.Sprintf("arn:%s:securityhub:%s:%s:hub/default", partition(c.region), c.region, c.account)
}

// isEnabled says whether Security Hub is on in the account and Region of c.
func (h *Hub) isEnabled(c caller) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.in(c.region).enabled[c.account] != ""
}

// enableSecurityHub turns Security Hub on for an account outside the organisation, which then is its own administrator.
func (h *Hub) enableSecurityHub(_ context.Context, c call) (any, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	enabled := h.in(c.region).enabled
	if enabled[c.account] != "" {
		return nil, conflict("Account %s is already subscribed to Security Hub", c.account)
	}
	enabled[c.account] = h.now()
	return struct{}{}, nil
}

// describeHub answers the one hub that an account has in a Region.
func (h *Hub) describeHub(_ context.Context, c call) (any, error) {
	own := hubARN(c.caller)
	if asked := c.query.Get("HubArn"); asked != "" && asked != own {
		return nil, notFound("Hub %s does not exist: this account's hub is %s", asked, own)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return map[string]any{
		"HubArn":                  own,
		"SubscribedAt":            h.in(c.region).enabled[c.account],
		"AutoEnableControls":      true,
		"ControlFindingGenerator": "SECURITY_CONTROL",
	}, nil
}
