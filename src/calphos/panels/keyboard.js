const put = (e, name, text) => { if (text && e.getAttribute(name) !== text) e.setAttribute(name, text); };
const name = () => {
  box.querySelectorAll('img[title]').forEach(image => put(image, 'alt', image.title));
  box.querySelectorAll('.widget-slider').forEach(slider => {
    const find = part => slider.querySelector(part);
    if (!find('.noUi-handle')) return;
    put(find('.noUi-handle'), 'aria-label', find('.widget-label')?.textContent);
    put(find('.noUi-handle'), 'aria-valuetext', find('.widget-readout')?.textContent);
  });
};
box.addEventListener('focusin', event => event.target.setAttribute('data-lm-suppress-shortcuts', ''));
new MutationObserver(name).observe(box, {subtree: true, childList: true, characterData: true, attributeFilter: ['title']});
name();
