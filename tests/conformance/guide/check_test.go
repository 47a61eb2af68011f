package webhook

import (
	"testing"
	"time"
)

const (
	secret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	id        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	body      = `{"test": 2432232314}`
	now       = 1614265330
)

func TestVerify(t *testing.T) {
	for _, row := range []struct {
		id, timestamp, signatures, body string
		now                             int64
		ok                              bool
	}{
		{id, "1614265330", "v1,AAAA " + signature, body, now + 299, true},
		{id, "1614265330", "v1,AAAA", body, now, false},
		{id, "1614265330", "v1a,x", body, now, false},
		{"msg_x", "1614265330", signature, body, now, false},
		{id, "1614265330", signature, body + " ", now, false},
		{id, "1614265330", signature, body, now + 301, false},
		{id, "1614265330", signature, body, now - 301, false},
		{id, "now", signature, body, now, false},
	} {
		err := Verify(secret, row.id, row.timestamp, row.signatures, []byte(row.body), time.Unix(row.now, 0))
		if (err == nil) != row.ok {
			t.Errorf("%+v: %v", row, err)
		}
	}
}
