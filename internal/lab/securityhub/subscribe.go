package securityhub

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// subscription is the ARN of an account's subscription to a product, which says whose findings it takes.
func subscription(c caller, p product) string {
	return fmt.Sprintf("arn:%s:securityhub:%s:%s:product-subscription/%s/%s",
		partition(c.region), c.region, c.account, p.company, p.name)
}

// subscribed are the products that an account takes findings of, by the ARN of the subscription. Hub.mu is held.
func (h *Hub) subscribed(c caller) map[string]bool {
	r := h.in(c.region)
	if r.subscribed[c.account] == nil {
		r.subscribed[c.account] = map[string]bool{}
	}
	return r.subscribed[c.account]
}

// enableProduct lets the products of a partner, such as prowler/prowler, import findings for the caller's account.
func (h *Hub) enableProduct(_ context.Context, c call) (any, error) {
	var request struct{ ProductArn string }
	if err := c.read(&request); err != nil {
		return nil, err
	}
	p, err := parseProduct(request.ProductArn)
	if err != nil || p.region != c.region || p.partition != partition(c.region) || p.account != "" {
		return nil, invalidInput("%s is not a product to subscribe to in %s", request.ProductArn, c.region)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	arn := subscription(c.caller, p)
	if h.subscribed(c.caller)[arn] {
		return nil, conflict("Account %s is already subscribed to product %s/%s", c.account, p.company, p.name)
	}
	h.subscribed(c.caller)[arn] = true
	return map[string]string{"ProductSubscriptionArn": arn}, nil
}

// disableProduct ends a subscription. Findings that are there stay.
func (h *Hub) disableProduct(_ context.Context, c call) (any, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.subscribed(c.caller)[c.path] {
		return nil, notFound("Product subscription %s does not exist", c.path)
	}
	delete(h.subscribed(c.caller), c.path)
	return struct{}{}, nil
}

// listProducts answers a page of the caller's subscriptions. Its token is the last ARN.
func (h *Hub) listProducts(_ context.Context, c call) (any, error) {
	size := maxBatch
	if asked := c.query.Get("MaxResults"); asked != "" {
		var err error
		if size, err = strconv.Atoi(asked); err != nil || size < 1 || size > maxBatch {
			return nil, invalidInput("MaxResults should be 1 to %d, not %s", maxBatch, asked)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	mine := slices.DeleteFunc(slices.Sorted(maps.Keys(h.subscribed(c.caller))), func(arn string) bool {
		return arn <= c.query.Get("NextToken")
	})
	answer := map[string]any{"ProductSubscriptions": append([]string{}, mine[:min(size, len(mine))]...)}
	if len(mine) > size {
		answer["NextToken"] = mine[size-1]
	}
	return answer, nil
}
