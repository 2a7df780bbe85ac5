// Beside the date as of which the registry is shown, a slider over all of its days. Without this module the date is typed.

const DAY = 86_400_000;
const field = document.querySelector("input[data-earliest]");

function written(day) {
  return new Date(day * DAY).toISOString().slice(0, 10);
}

if (field?.dataset.earliest) {
  const today = Math.floor(Date.now() / DAY);
  const slider = document.createElement("input");
  slider.type = "range";
  slider.min = Math.floor(Date.parse(field.dataset.earliest) / DAY);
  slider.max = today;
  slider.setAttribute("aria-label", field.labels[0].textContent);

  const follow = () => {
    slider.value = field.value ? Math.floor(Date.parse(field.value) / DAY) : today;
    slider.setAttribute("aria-valuetext", field.value || written(today));
  };
  slider.addEventListener("input", () => {
    field.value = slider.valueAsNumber < today ? written(slider.valueAsNumber) : "";
    slider.setAttribute("aria-valuetext", written(slider.valueAsNumber));
  });
  field.addEventListener("input", follow);
  follow();
  field.after(slider);
}
