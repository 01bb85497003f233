(async () => {
  const form = document.querySelector("form[data-bits]");
  const { _proof: proof, _token: token } = form.elements;
  const bits = Number(form.dataset.bits);
  const subtle = globalThis.crypto && crypto.subtle;
  if (!subtle || proof.value) return;
  let busy = true, pressed = null;
  form.addEventListener("submit", (event) => {
    if (!busy) return;
    event.preventDefault();
    pressed = event.submitter;
    form.setAttribute("aria-busy", "true");
  });
  try {
    const encoder = new TextEncoder();
    for (let n = 0; n < 1e6; n++) {
      const digest = await subtle.digest("SHA-256", encoder.encode(`${token.value}:${n}`));
      if (new DataView(digest).getUint32(0) >>> (32 - bits) === 0) {
        proof.value = n;
        break;
      }
    }
  } finally {
    busy = false;
    form.removeAttribute("aria-busy");
    if (pressed) form.requestSubmit(pressed);
  }
})();
